import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { ModelView, useTrans } from '../components';
import type { TutorialsModel } from './tutorialsModel';

/** The list of tutorials; it asks what each is about only when somebody can see it. */
export class TutorialsView extends ModelView<TutorialsModel> {
  constructor(
    private readonly tutorialsModel: TutorialsModel,
    options: { trans: TranslationBundle; open: (name: string) => void }
  ) {
    const { open, trans } = options;
    super(tutorialsModel, { trans, Body: ({ model }) => <Tutorials model={model} open={open} /> });
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.look();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.look();
  }

  private look(): void {
    if (this.isVisible) {
      this.tutorialsModel.look();
    }
  }
}

function Tutorials(props: { model: TutorialsModel; open: (name: string) => void }): JSX.Element {
  const trans = useTrans();
  const { model, open } = props;
  return (
    <>
      <p className="jp-BedrockImport-quiet">
        {trans.__('Notebooks to run cell by cell. You get copies that you can change.')}
      </p>
      <ul>
        {model.tutorials.map(({ name, title, description = '' }) => (
          <li key={name}>
            <button className="jp-BedrockImport-tutorial" onClick={() => open(name)}>
              <span className="jp-BedrockImport-tutorialTitle">{title}</span>
              {description !== '' && <span className="jp-BedrockImport-quiet">{description}</span>}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
