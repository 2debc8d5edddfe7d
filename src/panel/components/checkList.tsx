import type { CheckFinding, Verdict } from '../../protocol';
import { Disclosure } from './disclosure';
import { useTrans } from './translation';

function verdictName(verdict: Verdict, trans: ReturnType<typeof useTrans>): string {
  switch (verdict) {
    case 'blocker':
      return trans.__('Blocker');
    case 'warning':
      return trans.__('Warning');
    case 'ok':
      return trans.__('Passed');
  }
}

/** Pre-flight checks: what speaks against it first, what is well behind one line. */
export function CheckList({ checks }: { checks: readonly CheckFinding[] }): JSX.Element {
  const trans = useTrans();
  const passed = checks.filter(({ verdict }) => verdict === 'ok');
  const others = (['blocker', 'warning'] as const).flatMap(wanted =>
    checks.filter(({ verdict }) => verdict === wanted)
  );
  return (
    <>
      {others.length > 0 && <Checks checks={others} />}
      {passed.length > 0 && (
        <Disclosure summary={trans._n('%1 check passed', '%1 checks passed', passed.length)}>
          {() => <Checks checks={passed} />}
        </Disclosure>
      )}
    </>
  );
}

function Checks({ checks }: { checks: readonly CheckFinding[] }): JSX.Element {
  return (
    <ul className="jp-BedrockImport-checks">
      {checks.map((check, index) => (
        <Check key={`${check.id}-${index}`} check={check} />
      ))}
    </ul>
  );
}

function Check({ check }: { check: CheckFinding }): JSX.Element {
  const trans = useTrans();
  const { verdict, found, why, source, nextStep } = check;
  return (
    <li className={`jp-BedrockImport-check jp-mod-${verdict}`} data-check={check.id}>
      <span className="jp-BedrockImport-verdict">{verdictName(verdict, trans)}</span>
      <div>
        <p>{found}</p>
        {verdict !== 'ok' && nextStep !== undefined && <p>{nextStep}</p>}
        <Disclosure summary={trans.__('Why')}>
          {() => (
            <p>
              {why}
              {source !== undefined && <cite>{source}</cite>}
            </p>
          )}
        </Disclosure>
      </div>
    </li>
  );
}
