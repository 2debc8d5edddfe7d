import { join } from 'node:path';

import { ensureFolder, readIfThere, writeWhole } from './ownFiles';

const FILE_NAME = 'served-jobs.json';

/**
 * Ids of the jobs that pages have set going and that have not come to rest, kept on disk: the next engine
 * goes on with them, whatever ended this one. What a terminal has left is the terminal's.
 */
export class ServedJobs {
  private changes: Promise<void> = Promise.resolve();

  constructor(private readonly stateDirectory: string) {}

  /** Those of earlier engines as well; none when nobody can tell. */
  async list(): Promise<string[]> {
    await this.changes;
    try {
      const ids: unknown = JSON.parse((await readIfThere(this.path)) ?? '[]');
      return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
    } catch {
      return [];
    }
  }

  add(id: string): void {
    this.change(ids => (ids.includes(id) ? ids : [...ids, id]));
  }

  remove(id: string): void {
    this.change(ids => (ids.includes(id) ? ids.filter(other => other !== id) : ids));
  }

  /** Resolves when all changes are on disk, or cannot be. */
  async settled(): Promise<void> {
    await this.changes;
  }

  private get path(): string {
    return join(this.stateDirectory, FILE_NAME);
  }

  private change(edit: (ids: string[]) => string[]): void {
    const before = this.list();
    this.changes = before
      .then(async ids => {
        const edited = edit(ids);
        if (edited !== ids) {
          await ensureFolder(this.stateDirectory, { parents: true });
          await writeWhole(this.path, JSON.stringify(edited));
        }
      })
      // A disk that is full: the jobs themselves say so, and can be gone on with by hand.
      .catch(() => undefined);
  }
}
