export { fromCell } from './fromCell';
