/**
 * Checks the types of cells and prints what is wrong as JSON: `[{ notebook, cell, line, message }]`.
 *
 * A notebook becomes one module in memory. Each cell is a block within that of the cell before it, so
 * that it sees what those before it declare and may declare the same names anew, as on the kernel.
 * Usage: node notebooks/checks/cellTypes.mjs [--types FILE] NOTEBOOK…
 *   --types FILE: what `bedrock-import` is; without it, the sources
 */
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { cellsOf } from './cellsOf.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The part of it that both our kernel and Deno's own have; `signal` is ours alone. */
const DENO = `
declare namespace Deno {
  const jupyter: {
    display(
      content: unknown,
      options?: { raw?: boolean; display_id?: string; update?: boolean }
    ): Promise<void>;
    broadcast(type: string, content: unknown, extra?: unknown): Promise<void>;
    md(text: TemplateStringsArray, ...values: unknown[]): object;
    html(text: TemplateStringsArray, ...values: unknown[]): object;
    svg(text: TemplateStringsArray, ...values: unknown[]): object;
    image(pathOrBytes: string | Uint8Array): object;
    readonly $display: symbol;
    readonly signal?: AbortSignal;
  };
}
`;

/** Of the cell alone: in a module, a brace too many would be found in another cell. */
function syntaxErrors({ notebook, cells }) {
  return cells.flatMap(({ id, source }) => {
    const reported = ts.transpileModule(source, {
      reportDiagnostics: true,
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
    }).diagnostics;
    return (reported ?? []).map(({ file, start = 0, messageText }) => ({
      notebook,
      cell: id,
      line: file === undefined ? 1 : file.getLineAndCharacterOfPosition(start).line + 1,
      message: ts.flattenDiagnosticMessageText(messageText, '\n')
    }));
  });
}

/** Tells where each line of the module comes from. */
function moduleOf({ notebook, cells }) {
  const imports = [];
  const blocks = [];
  const places = [];
  for (const { id, source } of cells) {
    const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.Latest, true);
    let rest = source;
    for (const statement of file.statements.filter(ts.isImportDeclaration)) {
      const [start, end] = [statement.getStart(), statement.getEnd()];
      const line = file.getLineAndCharacterOfPosition(start).line + 1;
      imports.push({ cell: id, line, text: rest.slice(start, end) });
      // Lines stay where they are.
      rest = rest.slice(0, start) + rest.slice(start, end).replace(/[^\n]/g, ' ') + rest.slice(end);
    }
    blocks.push('{', ...rest.split('\n'));
    places.push({ cell: id, line: 1 });
    rest.split('\n').forEach((_, index) => places.push({ cell: id, line: index + 1 }));
  }
  return { notebook, imports, blocks, places, closing: '}'.repeat(cells.length) };
}

/** Imports at the top, each name once: cells import what they use, so most names come again. */
function mergedImports({ imports, notebook }, found) {
  const from = new Map();
  const lines = [];
  const byCell = new Map();
  for (const { cell, line, text } of imports) {
    const [statement] = ts.createSourceFile('i.ts', text, ts.ScriptTarget.Latest, true).statements;
    const specifier = statement.moduleSpecifier.getText();
    const { importClause: clause } = statement;
    const named = clause?.namedBindings;
    if (clause === undefined || clause.name || !named || !ts.isNamedImports(named)) {
      found.push({ notebook, cell, line, message: 'Import by names: import { … } from "…".' });
      continue;
    }
    for (const element of named.elements) {
      const name = element.name.text;
      const start = element.getStart();
      const own = line + statement.getSourceFile().getLineAndCharacterOfPosition(start).line;
      const what = `${element.getText().replace(/^type\s+/, '')} from ${specifier}`;
      const known = from.get(name);
      if (known === undefined) {
        from.set(name, what);
        const typeOnly = clause.isTypeOnly ? 'type ' : '';
        const text = `import ${typeOnly}{ ${element.getText()} } from ${specifier};`;
        lines.push({ cell, line: own, text });
      } else if (known !== what) {
        const message = `${name} is something else in another cell.`;
        found.push({ notebook, cell, line: own, message });
      }
      byCell.set(cell, (byCell.get(cell) ?? new Map()).set(name, own));
    }
  }
  return { lines, byCell };
}

/** A cell that leans on another's import fails when it is the first one after a restart. */
function checkImportsOfCells(file, checker, placeOf, byCell, add) {
  const used = new Map();
  const visit = node => {
    if (ts.isIdentifier(node)) {
      const symbol = ts.isShorthandPropertyAssignment(node.parent)
        ? checker.getShorthandAssignmentValueSymbol(node.parent)
        : checker.getSymbolAtLocation(node);
      if (symbol?.declarations?.some(each => ts.isImportSpecifier(each))) {
        const { cell, line } = placeOf(node.getStart());
        used.set(cell, (used.get(cell) ?? new Map()).set(node.text, line));
      }
    }
    ts.forEachChild(node, visit);
  };
  file.statements.filter(ts.isBlock).forEach(visit);
  for (const [cell, names] of used) {
    for (const [name, line] of names) {
      if (!byCell.get(cell)?.has(name)) {
        add({ cell, line, message: `${name} is not imported in this cell.` });
      }
    }
  }
  for (const [cell, names] of byCell) {
    for (const [name, line] of names) {
      if (!used.get(cell)?.has(name)) {
        add({ cell, line, message: `${name} is imported and not used.` });
      }
    }
  }
}

function compilerOptions(types) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), path => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return {
    ...options,
    types: ['node'],
    // What a last cell declares is for the reader.
    noUnusedLocals: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
    paths: { 'bedrock-import': [types] }
  };
}

/** The repository's compiler, with these files in memory. */
function createProgram(texts, options) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (path, ...rest) =>
    texts.has(path)
      ? ts.createSourceFile(path, texts.get(path), ts.ScriptTarget.Latest, true)
      : getSourceFile.call(host, path, ...rest);
  host.fileExists = path => texts.has(path) || fileExists.call(host, path);
  host.readFile = path => texts.get(path) ?? readFile.call(host, path);
  return ts.createProgram([...texts.keys()], options, host);
}

async function check(paths, types) {
  const found = [];
  const texts = new Map([[join(root, 'notebooks', 'deno.d.ts'), DENO]]);
  const modules = new Map();
  for (const path of paths) {
    const cells = await cellsOf(path);
    const errors = syntaxErrors(cells);
    if (errors.length > 0) {
      found.push(...errors);
      continue;
    }
    const module = moduleOf(cells);
    const { lines, byCell } = mergedImports(module, found);
    const file = join(root, 'notebooks', `${modules.size}.cells.ts`);
    const places = [...lines, ...module.places];
    texts.set(
      file,
      [...lines.map(({ text }) => text), ...module.blocks, module.closing].join('\n')
    );
    modules.set(file, { ...module, places, byCell });
  }
  const program = createProgram(texts, compilerOptions(types));
  for (const [path, { notebook, places, byCell }] of modules) {
    const file = program.getSourceFile(path);
    const placeOf = position => places[file.getLineAndCharacterOfPosition(position).line];
    const add = ({ cell, line, message }) => found.push({ notebook, cell, line, message });
    for (const problem of program.getSemanticDiagnostics(file)) {
      const { cell, line } = placeOf(problem.start ?? 0);
      add({ cell, line, message: ts.flattenDiagnosticMessageText(problem.messageText, '\n') });
    }
    checkImportsOfCells(file, program.getTypeChecker(), placeOf, byCell, add);
  }
  const general = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
  if (general.length > 0) {
    throw new Error(general.map(({ messageText }) => JSON.stringify(messageText)).join('\n'));
  }
  return found;
}

const paths = process.argv.slice(2);
const [, types] = paths[0] === '--types' ? paths.splice(0, 2) : [];
const entry = types ? resolve(types) : join(root, 'src', 'notebook', 'index.ts');
process.stdout.write(JSON.stringify(await check(paths, entry)));
