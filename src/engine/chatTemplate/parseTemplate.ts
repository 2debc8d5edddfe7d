import { Template } from '@huggingface/jinja';
import { BedrockImportError } from '../errors';

/** Why a template does not parse, and near which line (1-based). */
export interface TemplateFault {
  message: string;
  line: number;
}

/** `undefined` when the template parses. */
export function findTemplateFault(template: string): TemplateFault | undefined {
  const message = parseFailure(template);
  if (message === undefined) {
    return undefined;
  }
  return { message, line: lineOfFailure(template, message) };
}

/**
 * Refuses a template that cannot be used: `CHAT_TEMPLATE_INVALID`, kind `blocked`.
 * @param subject where the template comes from, such as a file name
 */
export function requireUsableTemplate(template: string, subject?: string): void {
  if (template.trim() === '') {
    throw invalidTemplate('The chat template is empty.', subject);
  }
  const fault = findTemplateFault(template);
  if (fault !== undefined) {
    const message = `The chat template is not valid Jinja (near line ${fault.line}): ${fault.message}`;
    throw invalidTemplate(message, subject);
  }
}

function invalidTemplate(message: string, subject: string | undefined): BedrockImportError {
  return new BedrockImportError({
    code: 'CHAT_TEMPLATE_INVALID',
    message,
    subject: subject ?? 'chat template',
    nextStep:
      'Correct the template file, or leave the option out to keep the model’s own template.',
    kind: 'blocked'
  });
}

function parseFailure(template: string): string | undefined {
  try {
    new Template(template);
    return undefined;
  } catch (error) {
    // The parser runs off the end of its tokens when a tag is cut short.
    if (error instanceof TypeError) {
      return 'the template ends inside a tag or block.';
    }
    const text = error instanceof Error ? error.message : String(error);
    const message = text.replace(/^Parser Error: /, '');
    return message.endsWith('.') ? message : `${message}.`;
  }
}

/**
 * The parser gives no positions. It reads from left to right, so from the faulty line on, or from
 * the line where a block opens that nothing closes, every longer cut of the template fails with the
 * same words; the shortest such cut ends in that line.
 */
function lineOfFailure(template: string, message: string): number {
  const lines = template.split('\n');
  let line = lines.length;
  while (line > 1 && parseFailure(lines.slice(0, line - 1).join('\n')) === message) {
    line -= 1;
  }
  return line;
}
