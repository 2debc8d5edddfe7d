/**
 * Which way imports point, as zones of the rule import-x/no-restricted-paths:
 * panel → protocol ← engine; inside the engine each layer only uses those below it. The sandbox and
 * the engine know nothing of each other, so that the one really tests the other.
 */
const engine = 'src/engine';

/** From top to bottom; folders of one layer may use each other. */
const layers = [
  ['cli', 'server', 'server.ts', 'cli.ts', 'main.ts', 'index.ts'],
  ['jobs'],
  ['transfer', 'bedrock', 'iam', 'model', 'chatTemplate', 'diskReport'],
  [
    ...['hub', 'disk', 'trash', 'cache', 'aws', 'environment'],
    ...['removal', 'leftovers', 'steering', 'cacheMove']
  ],
  ['errors.ts', 'checks.ts', 'shellLine.ts', 'waiting.ts']
].map(names => names.map(name => `${engine}/${name}`));

function zone(target, from, message) {
  return { target: target.map(path => `./${path}`), from: from.map(path => `./${path}`), message };
}

const layerZones = layers
  .slice(1)
  .map((layer, index) =>
    zone(
      layer,
      layers.slice(0, index + 1).flat(),
      'In the engine, jobs use (transfer, bedrock, iam, model, chatTemplate, diskReport), those use (hub, disk, trash, cache, aws, environment), and all use (errors, checks, shellLine, waiting); never the other way round.'
    )
  );

const speaksProtocol = [`${engine}/server`, `${engine}/server.ts`];

/** Features of the panel; each reaches the others by commands and tokens, so that none needs another. */
const features = [
  ...['sidebar', 'preferences', 'machine', 'model', 'jobs', 'importedModels'],
  ...['storage', 'steering', 'diskWatch', 'notebooks']
].map(name => `src/panel/${name}`);

const featureZones = [
  ...features.map(feature =>
    zone(
      [feature],
      features.filter(other => other !== feature),
      'Features of the panel use commands and tokens of each other, not code.'
    )
  ),
  zone(
    ['src/panel/components', 'src/panel/connection', 'src/panel/diskSpace'],
    features,
    'What the features of the panel share knows none of them.'
  )
];

export const importZones = [
  ...layerZones,
  ...featureZones,
  zone(
    [engine],
    ['src/panel', 'src/sandbox', 'src/index.ts'],
    'The engine knows neither the panel nor the sandbox.'
  ),
  zone(
    layers.flat().filter(path => !speaksProtocol.includes(path)),
    ['src/protocol'],
    'In the engine, only the server speaks the protocol.'
  ),
  zone(
    ['src/panel', 'src/index.ts'],
    [engine, 'src/sandbox'],
    'The panel reaches the engine through the protocol only.'
  ),
  zone(
    ['src/protocol'],
    [engine, 'src/panel', 'src/sandbox'],
    'The protocol is plain data and depends on nothing.'
  ),
  zone(
    [engine, 'src/panel', 'src/protocol', 'src/sandbox', 'src/index.ts'],
    ['src/notebook', 'src/kernel'],
    'Notebooks are a front end: nothing is built on them.'
  ),
  zone(
    ['src/notebook'],
    ['src/kernel', 'src/panel', 'src/protocol', 'src/sandbox', 'src/index.ts'],
    'What cells call is built on the engine and runs in any Deno kernel.'
  ),
  zone(
    ['src/kernel'],
    [engine, 'src/notebook', 'src/panel', 'src/protocol', 'src/sandbox', 'src/index.ts'],
    'The kernel runs cells and knows nothing of models.'
  ),
  zone(
    ['src/sandbox'],
    [engine, 'src/panel', 'src/protocol'],
    'The sandbox stands in for the services, so it shares no code with their client.'
  )
];
