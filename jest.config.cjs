const transform = parser => [
  '@swc/jest',
  {
    jsc: { parser, transform: { react: { runtime: 'automatic' } }, target: 'es2022' },
    module: { type: 'commonjs' }
  }
];

const shared = {
  modulePathIgnorePatterns: [
    '<rootDir>/lib',
    '<rootDir>/dist',
    '<rootDir>/.venv',
    '<rootDir>/.cache',
    '<rootDir>/jupyterlab_bedrock_import/labextension'
  ]
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'engine',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/{src,bench}/**/*.spec.ts'],
      testPathIgnorePatterns: ['<rootDir>/src/panel/', '<rootDir>/src/index.spec.ts'],
      transform: { '^.+\\.(t|j)sx?$': transform({ syntax: 'typescript' }) },
      // Published as ES modules only; jest runs CommonJS.
      transformIgnorePatterns: ['/node_modules/(?!(@huggingface|commander)/)']
    },
    {
      ...shared,
      displayName: 'panel',
      testEnvironment: '<rootDir>/src/panel/testing/browserEnvironment.cjs',
      testMatch: ['<rootDir>/src/panel/**/*.spec.{ts,tsx}', '<rootDir>/src/index.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/src/panel/testing/setUp.ts'],
      transform: {
        '^.+\\.(ts|js)$': transform({ syntax: 'typescript' }),
        '^.+\\.tsx$': transform({ syntax: 'typescript', tsx: true }),
        '^.+\\.svg$': '<rootDir>/src/panel/testing/svgSource.cjs'
      },
      moduleNameMapper: {
        '\\.css$': '<rootDir>/src/panel/testing/noStyle.cjs',
        // Its entry for browsers only says that they have no use for it; specs serve with it.
        '^ws$': '<rootDir>/node_modules/ws/index.js'
      },
      // Published as ES modules only, or with images; jest runs CommonJS.
      transformIgnorePatterns: [
        '/node_modules/(?!(@jupyterlab|@jupyter|@microsoft|@rjsf|exenv-es6|lib0|y-protocols|y-websocket|yjs|vscode-jsonrpc)/).*\\.js$'
      ]
    }
  ],
  // Most specs wait for servers and clocks, so even two cores have room for two.
  maxWorkers: 2,
  testTimeout: 30000
};
