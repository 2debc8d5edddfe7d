import { CREATE_ROLE, EMPTY_DRAFT, readDraft, sameWish, startingDraft, toWish } from './draft';

const PREFERRED = {
  model: 'maker/model',
  bucket: 'bucket',
  prefix: '',
  roleArn: 'arn:aws:iam::123456789012:role/Import',
  firstQuestion: 'Hello?',
  keepAwake: false
};
const FILLED = { ...EMPTY_DRAFT, source: ' maker/model ', bucket: 'bucket', role: CREATE_ROLE };

describe('what was entered', () => {
  it('starts with the settings, and with what was kept where it was', () => {
    expect(startingDraft({}, PREFERRED)).toMatchObject({
      source: 'maker/model',
      bucket: 'bucket',
      role: PREFERRED.roleArn,
      firstQuestion: 'Hello?',
      keepAwake: false
    });
    expect(
      startingDraft({ source: 'mine/own', firstQuestion: '', keepAwake: true }, PREFERRED)
    ).toMatchObject({ source: 'mine/own', bucket: 'bucket', firstQuestion: '', keepAwake: true });
    expect(startingDraft({})).toEqual(EMPTY_DRAFT);
  });

  it('agrees to nothing from before', () => {
    expect(startingDraft({ allowOverwrite: true }).allowOverwrite).toBe(false);
  });

  it.each([undefined, null, 'text', 7, [], { source: 7, bucket: null, viaDisk: 'yes' }])(
    'is not misled by %p',
    kept => {
      expect(readDraft(kept)).toEqual({});
    }
  );

  it('keeps what can be kept', () => {
    const draft = { ...FILLED, chatTemplate: 'x', viaDisk: true };
    const { allowOverwrite: _, ...kept } = draft;
    expect(readDraft(JSON.parse(JSON.stringify(draft)))).toEqual(kept);
  });

  it('becomes a wish when nothing is missing', () => {
    expect(toWish(FILLED)).toEqual({
      model: 'maker/model',
      bucket: 'bucket',
      viaDisk: undefined,
      prefix: undefined,
      roleArn: undefined,
      importedModelName: undefined,
      chatTemplate: undefined
    });
    expect(toWish({ ...FILLED, bucket: '' })).toBeUndefined();
    expect(toWish({ ...FILLED, chatTemplate: '' })).toBeUndefined();
  });

  it('needs no other review for what is not reviewed', () => {
    expect(sameWish(FILLED, { ...FILLED, firstQuestion: 'x', source: 'maker/model' })).toBe(true);
    expect(sameWish(FILLED, { ...FILLED, viaDisk: true })).toBe(false);
  });
});
