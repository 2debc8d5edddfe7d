export { importedModelsPlugin } from './plugin';
