import { LabIcon } from '@jupyterlab/ui-components';

import panelSvg from '../../style/icons/bedrock-import.svg';
import folderTargetSvg from '../../style/icons/folder-target.svg';
import pauseSvg from '../../style/icons/pause.svg';
import storageSvg from '../../style/icons/storage.svg';
import warningSvg from '../../style/icons/warning.svg';

export const panelIcon = new LabIcon({ name: 'bedrock-import:panel', svgstr: panelSvg });
export const folderTargetIcon = new LabIcon({
  name: 'bedrock-import:folder-target',
  svgstr: folderTargetSvg
});
export const pauseIcon = new LabIcon({ name: 'bedrock-import:pause', svgstr: pauseSvg });
export const storageIcon = new LabIcon({ name: 'bedrock-import:storage', svgstr: storageSvg });
export const warningIcon = new LabIcon({ name: 'bedrock-import:warning', svgstr: warningSvg });
