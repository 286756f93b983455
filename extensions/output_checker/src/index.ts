/** The JupyterLab plugin: the side panel, and "Stage for release" in the file browser. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';

import { releaseIcon } from './icon.js';
import { PANEL_ID, ReleasePanel } from './panel.js';
import { ServerAirlock } from './server.js';

const STAGE = 'lockedroom:stage-for-release';
const SHOW = 'lockedroom:show-release';
// In the file browser's menu: where Download is in other places, after Duplicate.
const MENU_RANK = 9.5;
const PANEL_RANK = 900;

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@lockedroom/output-checker:plugin',
  description: 'Stage files for release, and read what the airlock answers.',
  autoStart: true,
  requires: [IFileBrowserFactory],
  optional: [ICommandPalette, ILayoutRestorer],
  activate,
};

function activate(
  app: JupyterFrontEnd,
  browsers: IFileBrowserFactory,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
): void {
  const panel = new ReleasePanel(new ServerAirlock(app.serviceManager.serverSettings));
  app.shell.add(panel, 'right', { rank: PANEL_RANK, type: 'Release' });
  restorer?.add(panel, PANEL_ID);

  const chosen = (): { path: string; type: string }[] => [
    ...(browsers.tracker.currentWidget?.selectedItems() ?? []),
  ];

  app.commands.addCommand(STAGE, {
    label: 'Stage for release',
    caption: 'Let the airlock take a copy of the chosen files and check it',
    icon: releaseIcon,
    isEnabled: () => chosen().some((item) => item.type !== 'directory'),
    execute: async () => {
      const paths = chosen().map((item) => app.serviceManager.contents.localPath(item.path));
      app.shell.activateById(PANEL_ID);
      await panel.begin(paths);
    },
  });
  app.commands.addCommand(SHOW, {
    label: 'Show requests for release',
    caption: 'Show what the airlock answered',
    icon: releaseIcon,
    execute: () => app.shell.activateById(PANEL_ID),
  });
  app.contextMenu.addItem({
    command: STAGE,
    selector: '.jp-DirListing-item[data-isdir="false"]',
    rank: MENU_RANK,
  });
  for (const command of [STAGE, SHOW]) {
    palette?.addItem({ command, category: 'Release' });
  }
}

export default plugin;
