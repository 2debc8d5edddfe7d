/** One place of a model folder that holds a chat template. */
export interface ChatTemplatePlace {
  /** Path inside the model folder, such as `tokenizer_config.json`. */
  path: string;
  /** Name in a list of named templates, or of a file in `additional_chat_templates/`. */
  name?: string;
  form: 'string' | 'named-list' | 'file';
  template: string;
}

export interface ChatTemplateReading {
  /** Every place found, the winning one first. */
  places: ChatTemplatePlace[];
  /** The template that a loader uses for a plain conversation; absent when there is none. */
  effective?: ChatTemplatePlace;
  /** What is wrong or surprising, one sentence each. */
  problems: string[];
}

/** One file that reaches S3 with other content than the hub's. */
export interface FileRewrite {
  path: string;
  /** `undefined`: the file is new. */
  before: string | undefined;
  /** `undefined`: the file is left out. */
  after: string | undefined;
  /** What changes, in one sentence. */
  summary: string;
}
