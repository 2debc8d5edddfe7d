export * from '../engine';
