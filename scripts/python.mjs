/** Runs a Python program with the Python of .venv, wherever that has it: `node scripts/python.mjs FILE …` */
import process from 'node:process';

import { run, venvProgram } from './processes.mjs';

const { code } = await run([venvProgram('python'), ...process.argv.slice(2)]);
process.exitCode = code;
