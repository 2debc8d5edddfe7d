import { useEffect, useRef } from 'react';

import { CopyButton, formatDuration, useTrans } from '../components';
import type { LogLine } from './jobStory';
import { fileStateWord, proofWord, stageStateWord, stageWord, stateWord } from './jobWords';

type Trans = ReturnType<typeof useTrans>;

function textOf(line: LogLine, trans: Trans): string {
  switch (line.type) {
    case 'state':
      return line.error === undefined
        ? stateWord(line.state, trans)
        : trans.__('%1: %2', stateWord(line.state, trans), line.error.message);
    case 'stage': {
      const { stage, state, detail } = line;
      const words = trans.__('%1: %2', stageWord(stage, trans), stageStateWord(state, trans));
      return detail === undefined ? words : trans.__('%1, %2', words, detail);
    }
    case 'file':
      return line.provedBy === undefined
        ? trans.__('%1: %2', line.path, fileStateWord(line.state, trans))
        : trans.__(
            '%1: %2 (%3)',
            line.path,
            fileStateWord(line.state, trans),
            proofWord(line.provedBy, trans)
          );
    case 'retry': {
      const { path, part, cause, attempt, waitMs } = line;
      const wait = formatDuration(waitMs / 1000, trans);
      return part === undefined
        ? trans.__('%1: %2; attempt %3 in %4', path, cause, attempt + 1, wait)
        : trans.__('%1, part %2: %3; attempt %4 in %5', path, part, cause, attempt + 1, wait);
    }
    case 'connections':
      return trans.__('Connections: %1 (%2)', line.connections, line.why);
    case 'wait':
      return trans.__('%1 (%2)', line.reason, formatDuration(line.waitedMs / 1000, trans));
    case 'import-job':
      return trans.__('Import job: %1', line.status);
    case 'warning':
      return trans.__('Warning: %1', line.message);
  }
}

function clock(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : time.toLocaleTimeString();
}

/** What happened, the newest at the end; it scrolls with it unless the user has scrolled up. */
export function JobLog({ log }: { log: readonly LogLine[] }): JSX.Element {
  const trans = useTrans();
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  const lines = log.map(line => `${clock(line.at)}  ${textOf(line, trans)}`);
  useEffect(() => {
    if (box.current !== null && atEnd.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  });
  return (
    <section className="jp-BedrockImport-log">
      <div className="jp-BedrockImport-jobHead">
        <h3>{trans.__('Log')}</h3>
        <CopyButton text={lines.join('\n')} label={trans.__('Copy the log')} />
      </div>
      <pre
        ref={box}
        className="jp-BedrockImport-code"
        tabIndex={0}
        aria-label={trans.__('Log')}
        role="log"
        onScroll={({ currentTarget }) => {
          const { scrollTop, clientHeight, scrollHeight } = currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < 4;
        }}
      >
        {lines.join('\n')}
      </pre>
    </section>
  );
}
