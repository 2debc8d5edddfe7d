export type { ChatTemplatePlace, ChatTemplateReading, FileRewrite } from './types';
export type { TemplateFault } from './parseTemplate';
export { findTemplateFault, requireUsableTemplate } from './parseTemplate';
export { readChatTemplates } from './readChatTemplates';
export { replaceChatTemplate } from './replaceChatTemplate';
export { renderChatTemplate } from './renderChatTemplate';
export type {
  ChatTemplateMessage,
  ChatTemplateTool,
  RenderChatTemplateOptions
} from './renderChatTemplate';
