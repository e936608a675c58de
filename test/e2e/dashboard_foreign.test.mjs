// What a page of somebody else can do in a browser that is signed in: nothing.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import http from 'node:http';

import {makeAccount, open} from './browser.mjs';
import {scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
`;
const CONFIG = `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "m1" }]
`;

// A site that tries to make a client: by a form, and by every kind of fetch.
async function foreignSite(stage, gateway) {
  const aim = `${gateway.url}/admin/api/clients`;
  const server = http.createServer((_, answer) => answer.writeHead(200, {'content-type': 'text/html'}).end(`<!doctype html><title>foreign</title>
    <form method="post" enctype="text/plain" action="${aim}"><input name='{"name":"form","x":"' value='"}'><button>Win a prize</button></form>`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.programs.push({name: 'foreign site', said: '', stop: async () => (server.closeAllConnections(), server.close(), {code: 0, signal: null})});
  return server.address().port;
}

// What comes of it, as far as the page is told.
const tries = (aim) => {
  const post = (more) => fetch(`${aim}/clients`, {method: 'POST', credentials: 'include', body: '{"name":"fetch"}', ...more})
    .then((answer) => `${answer.type} ${answer.status}`, () => 'refused');
  return Promise.all([
    post({mode: 'no-cors', headers: {'content-type': 'text/plain'}}),
    post({headers: {'content-type': 'application/json'}}),
    post({headers: {'content-type': 'application/json', 'x-freeway-csrf': 'guess'}}),
    fetch(`${aim}/session`, {credentials: 'include'}).then((answer) => answer.text(), () => 'refused'),
  ]);
};

scene('a page of another origin changes nothing and reads nothing with the cookie of the owner', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, api} = await open(stage, gateway.url, {args: ['--host-resolver-rules=MAP evil.example 127.0.0.1']});
  await makeAccount(page);
  const before = (await api('clients')).clients;
  const port = await foreignSite(stage, gateway);
  // The first is of the same site, as ports are none of a site's name: there the browser does send the cookie.
  for (const [host, cookie, status] of [['127.0.0.1', true, 403], ['localhost', false, 401], ['evil.example', false, 403]]) {
    const site = `http://${host}:${port}`;
    const foreign = await page.context().newPage();
    await foreign.goto(site);
    assert.deepEqual(await foreign.evaluate(tries, `${gateway.url}/admin/api`), Array(4).fill('refused'), site);
    const [answer] = await Promise.all([
      foreign.waitForResponse((one) => one.url() === `${gateway.url}/admin/api/clients` && one.request().isNavigationRequest()),
      foreign.getByRole('button').click(),
    ]);
    assert.equal(answer.status(), status, site);
    assert.equal(Boolean((await answer.request().allHeaders()).cookie), cookie, `the cookie from ${site}`);
    await foreign.close();
  }
  assert.deepEqual((await api('clients')).clients, before);
  assert.equal((await api('session')).state, 'in', 'who is in stays in');
});

scene('a name of somebody else that leads here shows no page and answers nothing', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, api} = await open(stage, gateway.url, {args: ['--host-resolver-rules=MAP evil.example 127.0.0.1']});
  await makeAccount(page);
  const before = (await api('clients')).clients;
  const foreign = await page.context().newPage();
  const rebound = `http://evil.example:${gateway.port}`;
  assert.equal((await foreign.goto(rebound)).status(), 403);
  assert.equal(await foreign.locator('#app').count(), 0);
  // From there everything here is of its own origin.
  const answers = await foreign.evaluate(async () => {
    const ask = (path, more) => fetch(`/admin/api/${path}`, {headers: {'content-type': 'application/json'}, ...more}).then(async (answer) => [answer.status, (await answer.json()).error.code]);
    return [await ask('session'), await ask('status'), await ask('clients', {method: 'POST', body: '{"name":"rebound"}'}),
      await ask('session', {method: 'POST', body: '{"account":"admin","password":"a guess of mine"}'})];
  });
  assert.deepEqual(answers, Array(4).fill([403, 'host_not_allowed']));
  assert.deepEqual((await api('clients')).clients, before);
});
