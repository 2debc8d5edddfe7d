import { useEffect, useId, useState } from 'react';

import { Disclosure, useTrans } from '../components';
import type { ImportForm } from './importForm';
import { Option } from './option';

/** The model's chat template is kept, or replaced on the way to S3; the source is not changed. */
export function Template({ form }: { form: ImportForm }): JSX.Element | null {
  const trans = useTrans();
  const id = useId();
  const { value: facts } = form.facts.state;
  if (facts === undefined) {
    return null;
  }
  const own = facts.chatTemplate;
  const { chatTemplate } = form.draft;
  return (
    <fieldset className="jp-BedrockImport-choices">
      <legend>{trans.__('Chat template')}</legend>
      <Option
        group={`${id}-template`}
        label={trans.__('Keep')}
        hint={
          own === undefined
            ? trans.__('the model has none: Converse will not work')
            : trans.__('that of %1', own.path)
        }
        checked={chatTemplate === undefined}
        onChoose={() => form.change({ chatTemplate: undefined })}
      />
      <Option
        group={`${id}-template`}
        label={trans.__('Replace')}
        hint={trans.__('on the way to S3; the source stays as it is')}
        checked={chatTemplate !== undefined}
        onChoose={() => form.change({ chatTemplate: own?.text ?? '' })}
      />
      {chatTemplate === undefined ? (
        own !== undefined && (
          <Disclosure summary={trans.__('Show the template')}>
            {() => (
              <pre className="jp-BedrockImport-code" tabIndex={0}>
                {own.text}
              </pre>
            )}
          </Disclosure>
        )
      ) : (
        <TemplateText
          value={chatTemplate}
          own={own?.text}
          onChange={text => form.change({ chatTemplate: text })}
        />
      )}
    </fieldset>
  );
}

/** A text of thousands of characters is taken over when the field is left, not at each key. */
function TemplateText(props: {
  value: string;
  own?: string;
  onChange: (text: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const { value, own, onChange } = props;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <>
      <textarea
        className="jp-mod-styled jp-BedrockImport-code"
        aria-label={trans.__('Chat template (Jinja)')}
        rows={8}
        spellCheck={false}
        value={text}
        onChange={event => setText(event.target.value)}
        onBlur={() => {
          if (text !== value) {
            onChange(text);
          }
        }}
      />
      {own !== undefined && text !== own && (
        <button type="button" className="jp-mod-styled" onClick={() => onChange(own)}>
          {trans.__('Back to the model’s own')}
        </button>
      )}
      {text === own && (
        <p className="jp-BedrockImport-quiet">{trans.__('Still the model’s own template.')}</p>
      )}
    </>
  );
}
