import type { Command } from 'commander';
import type { Outcome, Session } from '../session';

/** Runs a subcommand's work and prints what comes of it. */
export type RunSubcommand = (work: (session: Session) => Promise<Outcome>) => Promise<void>;

/** Adds one subcommand (or a group of them) to the program. */
export type AddSubcommand = (program: Command, run: RunSubcommand) => void;
