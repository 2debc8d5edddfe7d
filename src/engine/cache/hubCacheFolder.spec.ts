import { hubCacheFolder } from './hubCacheFolder';

describe('the cache folder', () => {
  const where = (env: Record<string, string>, explicit?: string): string =>
    hubCacheFolder({ env, homeDirectory: '/home/me' }, explicit);

  it('follows the documented variables in their order', () => {
    expect(where({})).toBe('/home/me/.cache/huggingface/hub');
    expect(where({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub');
    expect(where({ XDG_CACHE_HOME: '/x', HF_HOME: '/h' })).toBe('/h/hub');
    expect(where({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' })).toBe('/old');
    expect(where({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/c' })).toBe('/c');
    expect(where({ HF_HUB_CACHE: '/c' }, '~/mine')).toBe('/home/me/mine');
  });

  it('expands the home folder and variables, and takes an empty one for none', () => {
    expect(where({ HF_HOME: '~/hf' })).toBe('/home/me/hf/hub');
    expect(where({ HF_HUB_CACHE: '$BIG/${SUB}/c', BIG: '/big', SUB: 's' })).toBe('/big/s/c');
    expect(where({ HF_HUB_CACHE: '/a/$NONE' })).toBe('/a/$NONE');
    expect(where({ HF_HUB_CACHE: '', HF_HOME: '' })).toBe('/home/me/.cache/huggingface/hub');
  });
});
