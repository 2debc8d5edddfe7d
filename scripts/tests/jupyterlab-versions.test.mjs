/** The panel is made for the oldest JupyterLab that it works with, and takes all newer ones. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { newestJupyterLab, VERSIONS } from '../jupyterlabVersions.mjs';
import { root, venv } from '../processes.mjs';

const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const oldest = read('scripts', 'oldest-jupyterlab', 'package.json');
const { dependencies } = read('package.json');
const labPackages = Object.keys(dependencies).filter(name => name.startsWith('@jupyterlab/'));

function numbers(version) {
  return /^[~^]?(\d+)\.(\d+)\.(\d+)/.exec(version).slice(1).map(Number);
}

/** Whether `^range` or `~range` takes a version. */
function takes(range, version) {
  const [wanted, found] = [numbers(range), numbers(version)];
  const fixed = range.startsWith('~') ? 2 : 1;
  const differs = wanted.findIndex((number, index) => number !== found[index]);
  return differs < 0 || (differs >= fixed && found[differs] > wanted[differs]);
}

test('ranges are understood', () => {
  assert.ok(takes('^4.2.7', '4.2.7') && takes('^4.2.7', '4.6.0') && takes('~4.2.7', '4.2.8'));
  assert.ok(!takes('^4.2.7', '4.2.6') && !takes('^4.2.7', '5.0.0') && !takes('~4.2.7', '4.3.7'));
});

test('types and unit tests are those of the oldest JupyterLab', () => {
  for (const [name, range] of Object.entries(oldest.dependencies)) {
    if (!name.startsWith('@jupyterlab/')) {
      continue;
    }
    let installed;
    try {
      installed = read('node_modules', name, 'package.json').version;
    } catch {
      assert.ok(!labPackages.includes(name), `${name} is not installed`);
      continue;
    }
    assert.ok(takes(range, installed), `${name} ${installed} is not ${range}`);
  }
});

test('every version of JupyterLab from the oldest to the newest satisfies the extension', () => {
  assert.equal(VERSIONS[0], oldest.version);
  // What an installed JupyterLab shares with its extensions.
  const newest = JSON.parse(
    readFileSync(join(venv, 'share', 'jupyter', 'lab', 'static', 'package.json'), 'utf8')
  );
  assert.equal(newest.version, newestJupyterLab());
  const built = read('jupyterlab_bedrock_import', 'labextension', 'package.json');
  for (const name of labPackages) {
    assert.ok(oldest.jupyterlab.singletonPackages.includes(name), `${name} is not shared`);
    for (const lab of [oldest.dependencies, newest.resolutions]) {
      assert.ok(
        takes(built.dependencies[name], lab[name]),
        `${name} ${lab[name]} is not ${built.dependencies[name]}`
      );
    }
  }
});

test('the extension asks for nothing newer than the oldest JupyterLab has', () => {
  const built = read('jupyterlab_bedrock_import', 'labextension', 'package.json');
  const entry = readFileSync(
    join(root, 'jupyterlab_bedrock_import', 'labextension', built.jupyterlab._build.load),
    'utf8'
  );
  // webpack writes ^4.2.7 as [1,4,2,7].
  const asked = [...entry.matchAll(/\[1,(\d+),(\d+),(\d+)\]/g)].map(found =>
    found.slice(1).join('.')
  );
  const offered = new Set(
    Object.values(oldest.dependencies).map(range => numbers(range).join('.'))
  );
  assert.ok(asked.length > 0);
  assert.deepEqual(
    asked.filter(version => !offered.has(version)),
    []
  );
});
