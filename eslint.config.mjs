import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

import { importZones } from './scripts/importZones.mjs';

const tests = ['**/*.spec.ts', '**/*.spec.tsx', '**/testing/**'];
const panel = ['src/panel/**/*.{ts,tsx}', 'src/index.ts'];

export default defineConfig(
  {
    ignores: [
      '**/node_modules/',
      '.venv/',
      '.cache/',
      'lib/',
      'dist/',
      'build/',
      'coverage/',
      'jupyterlab_bedrock_import/bundle/',
      'jupyterlab_bedrock_import/labextension/',
      // AssemblyScript, which is not TypeScript.
      '**/*.as.ts'
    ]
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    rules: { curly: 'error', eqeqeq: 'error', 'no-warning-comments': 'error' }
  },
  js.configs.recommended,
  // Control characters are matched on purpose: names and answers from outside are cleaned of them.
  { rules: { 'no-control-regex': 'off' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true }
      ],
      // An interface that promises a Promise is also kept by code that has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }
      ]
    }
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: tests,
    rules: { 'import-x/no-restricted-paths': ['error', { zones: importZones }] }
  },
  {
    // Checksums and matrices are arithmetic on indices that are in range by construction.
    files: ['src/sandbox/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' }
  },
  {
    files: tests,
    rules: {
      // Answers of real servers are looked at as they come.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off'
    }
  },
  {
    files: panel,
    // Their texts are nobody's, and they end with their process.
    ignores: tests,
    plugins: { jupyter },
    rules: {
      ...Object.fromEntries(
        Object.keys(jupyter.configs.recommended[0].rules).map(rule => [rule, 'error'])
      ),
      // A signal is connected to a method and its object, which Lumino calls it with.
      '@typescript-eslint/unbound-method': 'off',
      // Sections stand in the sidebar from the start; the bundle is one small file all the same.
      'jupyter/prefer-lazy-imports': 'off'
    }
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: globals.node
    }
  }
);
