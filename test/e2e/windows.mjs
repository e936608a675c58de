// Windows of the dashboard in one browser.
import assert from 'node:assert/strict';

import {PASSWORD, makeAccount, open} from './browser.mjs';

const MODELS = ['m1', 'm2', 'm3', 'm4'];
export const scenario = (more = '') => `
[[providers]]
id = "u1"
keys = ["k1"]
models = ${JSON.stringify(MODELS)}
${more}
`;
export const CONFIG = `
[server]
allowed_hosts = ["team.example"]
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [${MODELS.map((id) => `{ id = "${id}" }`).join(', ')}]
`;
export const HOSTS = ['127.0.0.1', 'team.example']; // of these only the first is a secure context

// A browser in which somebody is signed in. `window(hash)` opens another window; `streams` are the streams of events that
// windows, not their worker, opened.
export async function start(stage, {more, host = '127.0.0.1'} = {}) {
  const {gateway, farm} = await stage.start({scenario: scenario(more), config: CONFIG});
  const url = `http://${host}:${gateway.port}`;
  // From elsewhere a first account takes a code.
  const made = await fetch(`${gateway.url}/admin/api/setup`, {
    method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({account: 'admin', password: PASSWORD}),
  });
  assert.ok(made.ok);
  const opened = await open(stage, url, {args: ['--host-resolver-rules=MAP team.example 127.0.0.1']});
  await makeAccount(opened.page); // signs in, here
  const context = opened.page.context();
  const streams = [];
  context.on('request', (request) => request.url().endsWith('/admin/api/events') && !request.serviceWorker() && streams.push(request.frame().page()));
  const window = async (hash) => {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(`${url}/#/${hash}`);
    await live(page);
    return page;
  };
  return {gateway, farm, url, context, streams, window, ...opened};
}

export const live = (page) => page.getByRole('status').getByText(/^Live/).waitFor();
