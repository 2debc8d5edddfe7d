/** Renders the cases of a file, for the Python tests: a text, or null where the template refuses. */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

import { BedrockImportError } from '../../errors';
import { renderChatTemplate } from '../renderChatTemplate';
import type { RenderChatTemplateOptions } from '../renderChatTemplate';

interface Case {
  template: string;
  options: RenderChatTemplateOptions;
}

function rendered({ template, options }: Case): string | null {
  try {
    return renderChatTemplate(template, options);
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'CHAT_TEMPLATE_REFUSED') {
      return null;
    }
    throw error;
  }
}

const [from = '', to = ''] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(from, 'utf8')) as Case[];
writeFileSync(to, JSON.stringify(cases.map(rendered)));
