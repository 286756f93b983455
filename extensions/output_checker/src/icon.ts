/** The panel's icon: an open door and an arrow out of it. */

import { LabIcon } from '@jupyterlab/ui-components';

const DOOR = 'M4 3h9a1 1 0 0 1 1 1v4h-2V5H5v14h7v-3h2v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z';
const ARROW = 'M16.5 7.5 21 12l-4.5 4.5-1.4-1.4 2.1-2.1H9v-2h8.2l-2.1-2.1z';

export const releaseIcon = new LabIcon({
  name: 'lockedroom:release',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    `<g class="jp-icon3" fill="#616161"><path d="${DOOR}"/><path d="${ARROW}"/></g></svg>`,
});
