import type { TranslationBundle } from '@jupyterlab/translation';

export interface Tutorial {
  /** Of the notebook's file. */
  name: string;
  title: string;
}

export const FIRST_TUTORIAL = '1-start-here.ipynb';

/** The notebooks that this version ships, so that the palette and menus need not ask the server. */
export function tutorials(trans: TranslationBundle): readonly Tutorial[] {
  return [
    { name: FIRST_TUTORIAL, title: trans.__('Start here: a model to Bedrock in ten cells') },
    { name: '2-your-machine.ipynb', title: trans.__('Your machine: disk, caches and trash') },
    { name: '3-permissions.ipynb', title: trans.__('Permissions: who may do what') },
    {
      name: '4-streaming-to-s3.ipynb',
      title: trans.__('Streaming from Hugging Face to S3: every byte once, and proved')
    },
    { name: '5-chat-templates.ipynb', title: trans.__('Chat templates and Converse') },
    { name: '6-import-invoke-clean-up.ipynb', title: trans.__('Import, invoke, clean up') }
  ];
}
