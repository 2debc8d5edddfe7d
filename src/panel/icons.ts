import { LabIcon } from '@jupyterlab/ui-components';

import panelSvg from '../../style/icons/bedrock-import.svg';

export const panelIcon = new LabIcon({ name: 'bedrock-import:panel', svgstr: panelSvg });
