import { LabIcon } from '@jupyterlab/ui-components';

import panelSvg from '../../style/icons/bedrock-import.svg';
import pauseSvg from '../../style/icons/pause.svg';

export const panelIcon = new LabIcon({ name: 'bedrock-import:panel', svgstr: panelSvg });
export const pauseIcon = new LabIcon({ name: 'bedrock-import:pause', svgstr: pauseSvg });
