export { jobsPlugin, jobStatusPlugin } from './plugin';
