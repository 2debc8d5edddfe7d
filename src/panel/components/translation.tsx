import { nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import { createContext, useContext } from 'react';

const Translation = createContext<TranslationBundle>(nullTranslator.load('jupyterlab'));

export const TranslationProvider = Translation.Provider;

/** The texts of the language that the user has chosen. */
export function useTrans(): TranslationBundle {
  return useContext(Translation);
}
