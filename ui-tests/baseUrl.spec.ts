import { expect, test } from './fixtures';

/** Where SageMaker Studio puts JupyterLab. */
test.use({ labBaseUrl: '/jupyterlab/default/' });

test('the panel finds its engine below the address of the server', async ({ panel, page }) => {
  const sent: string[] = [];
  page.on('websocket', socket => sent.push(new URL(socket.url()).pathname));
  await panel.open();
  await expect(panel.section('Import a model').getByText('LlamaForCausalLM')).toBeVisible();
  expect(sent).toContain('/jupyterlab/default/bedrock-import/engine');
});
