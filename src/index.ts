/** The plugins that this extension adds to JupyterLab; the panel's sections will be listed here. */
const plugins: readonly never[] = [];

export default plugins;
