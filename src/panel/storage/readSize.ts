/** Bytes of a size such as `61 GB` or `57GiB`; undefined for anything else, such as a model. */
export function readSize(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([KMGT])(i?)B?$/i.exec(text.trim());
  if (parts === null) {
    return undefined;
  }
  const [, number = '', unit = '', binary] = parts;
  const power = 'KMGT'.indexOf(unit.toUpperCase()) + 1;
  return Math.round(Number(number) * (binary ? 1024 : 1000) ** power);
}
