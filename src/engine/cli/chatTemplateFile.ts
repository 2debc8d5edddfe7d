import { readFile, stat } from 'node:fs/promises';
import { requireUsableTemplate } from '../chatTemplate';
import { BedrockImportError } from '../errors';
import { usageError } from './exitCodes';
import type { CommandIo } from './io';

/** The largest templates on the hub stay under 100 kB. */
const MAX_BYTES = 1_000_000;

/**
 * The text of `--chat-template FILE`, `-` being standard input.
 *
 * @throws BedrockImportError `CHAT_TEMPLATE_FILE_MISSING`, `CHAT_TEMPLATE_FILE_UNREADABLE`,
 * `CHAT_TEMPLATE_FILE_TOO_LARGE` or `CHAT_TEMPLATE_FILE_NOT_UTF8` (all usage), and
 * `CHAT_TEMPLATE_INVALID` (blocked) when it does not parse
 */
export async function readChatTemplateFile(io: CommandIo, file: string): Promise<string> {
  const subject = file === '-' ? 'standard input' : file;
  const bytes = file === '-' ? await io.readStdin(MAX_BYTES) : await readBytes(file);
  if (bytes.length > MAX_BYTES) {
    throw tooLarge(subject);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError({
      code: 'CHAT_TEMPLATE_FILE_NOT_UTF8',
      message: 'The chat template is not valid UTF-8 text.',
      subject,
      nextStep: 'Save the template as UTF-8 and run the command again.'
    });
  }
  requireUsableTemplate(text, subject);
  return text;
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) {
      throw unreadable(file, 'it is a folder');
    }
    if (facts.size > MAX_BYTES) {
      throw tooLarge(file);
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof BedrockImportError) {
      throw error;
    }
    const code =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw usageError({
        code: 'CHAT_TEMPLATE_FILE_MISSING',
        message: 'The file of --chat-template does not exist.',
        subject: file,
        nextStep: 'Check the path, or leave the option out to keep the model’s own template.'
      });
    }
    throw unreadable(file, code || 'it cannot be opened');
  }
}

function unreadable(file: string, why: string): BedrockImportError {
  return usageError({
    code: 'CHAT_TEMPLATE_FILE_UNREADABLE',
    message: `The file of --chat-template cannot be read: ${why}.`,
    subject: file,
    nextStep: 'Name a file that you may read, or - for standard input.'
  });
}

function tooLarge(subject: string): BedrockImportError {
  return usageError({
    code: 'CHAT_TEMPLATE_FILE_TOO_LARGE',
    message: 'The chat template is larger than 1 MB.',
    subject,
    nextStep: 'Name the template itself, not a tokenizer or a model file.'
  });
}
