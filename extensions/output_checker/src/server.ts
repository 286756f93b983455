/** The server part over HTTP: below the Jupyter server's own address, and nowhere else. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Overview, PreCheck, Staged } from './answers.js';
import type { Airlock } from './model.js';

export class ServerAirlock implements Airlock {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  async requests(): Promise<Overview | null> {
    const headers: Record<string, string> = this.mark === null ? {} : { 'If-None-Match': this.mark };
    const answer = await this.ask('requests', { method: 'GET', headers });
    if (answer.status === 304) {
      return null;
    }
    const found = (await read(answer)) as Overview;
    this.mark = answer.headers.get('ETag');
    return found;
  }

  async check(paths: string[]): Promise<PreCheck> {
    return (await read(await this.post('check', { paths }))) as PreCheck;
  }

  async stage(paths: string[], context: string): Promise<Staged> {
    return (await read(await this.post('stage', { paths, context }))) as Staged;
  }

  private post(what: string, body: unknown): Promise<Response> {
    const headers = { 'Content-Type': 'application/json' };
    return this.ask(what, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  private async ask(what: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this.settings.baseUrl, 'output-checker', what);
    try {
      return await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (error instanceof ServerConnection.NetworkError) {
        const sentence = 'The room does not answer. Wait a moment; if it stays so, load the page again.';
        throw new Error(sentence, { cause: error });
      }
      throw error;
    }
  }

  private mark: string | null = null;
}

/** The body of an answer. Throws the sentence of a refusal, which both server and door give as `message`. */
async function read(answer: Response): Promise<unknown> {
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok && body !== null) {
    return body;
  }
  const said = (body as { message?: unknown } | null)?.message;
  throw new Error(
    typeof said === 'string' && said !== '' ? said : `The room answered with status ${answer.status}.`,
  );
}
