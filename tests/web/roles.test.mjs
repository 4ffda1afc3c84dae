// What analysts and viewers find, and everybody in read-only mode: nothing that the server would refuse, and why.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Host, Window, openBrowser } from './browser.mjs';
import { places } from './places.mjs';

const password = 'correct horse battery';
const administrators = ['Users', 'Domain groups', 'Ways in', 'Retention', 'Audit log'];
const theirs = ['users', 'groups', 'channels', 'retention', 'audit'];
const source = '#/domains/example.com/source/192.0.2.10';
const changing = /^(Mark it|Make it|Add the user|Keep|Change it|Confirm|Set it|Test|Take away|Take it away|Take the|Load the demonstration)/;

let browser, host, root;
before(async () => {
  browser = await openBrowser();
  host = await Host.start('full --days 10');
  root = await Window.open(browser, host);
  await root.setUp('root');
  await root.api('POST', '/groups', { name: 'everything', domains: ['*'] });
  await root.api('POST', '/groups', { name: 'shop', domains: ['shop.example.net'] });
  for (const [name, role, group] of [['ana', 'analyst', 'everything'], ['vic', 'viewer', 'everything'], ['tina', 'viewer', 'shop']]) {
    assert.equal((await root.api('POST', '/users', { name, password, role, groups: [group] })).status, 201);
  }
});
after(async () => {
  await root?.close();
  await browser?.close();
  await host?.stop();
});

async function entered(name) {
  const window = await Window.open(browser, host);
  await window.page.goto(host.base);
  await window.signIn(name, password);
  await window.settled();
  return window;
}

/** Whether every page opens without anything refused or wrong. */
async function walks(window, name) {
  for (const [page, place] of Object.entries(places)) {
    await window.go(place);
    assert.deepEqual(window.refused.splice(0), [], `${name}: ${page}`);
    assert.deepEqual(await window.violations(), [], `${name}: ${page}`);
  }
  assert.deepEqual(window.faults, []);
}

async function findsNoSettingsOfAll(window, words) {
  for (const at of theirs) {
    await window.go('#/settings/' + at);
    await window.page.getByText(words).waitFor();
    assert.equal(await window.page.getByRole('table').count(), 0);
  }
  const links = await window.page.getByRole('navigation', { name: 'Settings' }).getByRole('link').allInnerTexts();
  assert.deepEqual(links, ['Your account', 'API tokens', 'Marks']);
  assert.equal(links.some((each) => administrators.includes(each)), false);
  assert.deepEqual(window.refused, []);
}

describe('an analyst', () => {
  let window;
  const page = () => window.page;
  before(async () => {
    window = await entered('ana');
  });
  after(() => window?.close());

  it('finds every page in order', () => walks(window, 'analyst'));
  it('marks a source, says what kind of mail it is', async () => {
    await window.go(source);
    await page().getByLabel('It is').selectOption('own');
    await page().getByRole('button', { name: 'Mark it' }).click();
    await page().getByText('Noted.').waitFor();
    await window.go('#/domains/example.com');
    await page().getByText('Say what kind of mail it is').click();
    await page().getByLabel('Kind of mail').selectOption('users');
    await page().getByRole('button', { name: 'Confirm' }).click();
    await page().getByText('Noted.').waitFor();
    assert.deepEqual(window.refused, []);
  });
  it('takes reports in', async () => {
    await window.go('#/reports');
    const file = join(host.folder, 'nothing.xml');
    await writeFile(file, 'no report at all');
    await page().locator('input[type=file]').setInputFiles(file);
    await page().getByText('1 report read.').waitFor();
    assert.deepEqual(window.refused, []);
  });
  it('makes tokens of no higher role', async () => {
    await window.go('#/settings/tokens');
    assert.deepEqual(await page().getByLabel('Role').locator('option').allInnerTexts(), ['viewer', 'analyst']);
  });
  it('is told that settings of all are for administrators', () => findsNoSettingsOfAll(window, 'you are an analyst'));
});

describe('a viewer', () => {
  let window;
  const page = () => window.page;
  before(async () => {
    window = await entered('vic');
  });
  after(() => window?.close());

  it('finds every page in order', () => walks(window, 'viewer'));
  for (const [place, deed] of [['#/reports', 'take reports in'], ['#/health', 'take reports in'], [source, 'mark sources'], ['#/settings/marks', 'mark sources'], ['#/domains/example.com', 'say what kind of mail it is']]) {
    it(`is told who can ${deed}: ${place}`, async () => {
      await window.go(place);
      await page().getByText(`An analyst or an administrator can ${deed}; you are a viewer.`).waitFor();
      assert.equal(await page().locator('input[type=file]').count(), 0);
      const buttons = await page().getByRole('button').allInnerTexts();
      assert.deepEqual(buttons.filter((each) => changing.test(each)), []);
    });
  }
  it('may explain messages, and change the own password', async () => {
    await window.go('#/explain');
    await page().getByRole('button', { name: 'Explain it' }).waitFor();
    await window.go('#/settings/account');
    await page().getByRole('button', { name: 'Change it' }).waitFor();
  });
  it('is told that settings of all are for administrators', () => findsNoSettingsOfAll(window, 'you are a viewer'));
});

describe('a tenant', () => {
  let window;
  const page = () => window.page;
  before(async () => {
    window = await entered('tina');
  });
  after(() => window?.close());

  it('finds the own domain and nothing of others on any page', async () => {
    for (const [name, place] of Object.entries(places)) {
      await window.go(place);
      const text = await page().locator('main').innerText();
      assert.equal(/Twilio|bakery\.example|192\.0\.2\.11|crm/.test(text), false, `${name}: ${text}`);
      assert.deepEqual(window.refused.splice(0).filter((each) => !/show\/changes/.test(each)), [], name);
    }
    await window.go('#/');
    await page().getByRole('link', { name: 'shop.example.net' }).waitFor();
    await window.go('#/received');
    await page().getByText('You see the mail of your own domains').waitFor();
    await window.go('#/health');
    await page().getByText('Which ways in there are is told to users who see every domain.').waitFor();
    assert.deepEqual(window.faults, []);
  });
});

describe('read-only mode', () => {
  let window;
  const page = () => window.page;
  before(async () => {
    await host.restart('read_only = true\n');
    window = await entered('root');
  });
  after(() => window?.close());

  it('offers nothing that changes something, on any page, and says so', async () => {
    for (const [name, place] of Object.entries(places)) {
      await window.go(place);
      await page().getByText('Read only: nothing can be changed here.').waitFor();
      assert.deepEqual(window.refused.splice(0), [], name);
      const offered = await page().getByRole('button', { disabled: false }).allInnerTexts();
      assert.deepEqual(offered.filter((each) => changing.test(each)), [], name);
      assert.equal(await page().locator('main input[type=file]').count(), name === 'explain' ? 1 : 0, name);
      assert.deepEqual(await window.violations(), [], name);
    }
    assert.deepEqual(window.faults, []);
  });
  for (const [place, deed] of [['#/reports', 'take reports in'], [source, 'mark sources'], ['#/settings/users', 'add or change users'], ['#/settings/groups', 'make or change groups'],
    ['#/settings/channels', 'try the ways in'], ['#/settings/retention', 'change it'], ['#/settings/tokens', 'make tokens'], ['#/settings/account', 'change passwords']]) {
    it(`says that nobody can ${deed}: ${place}`, async () => {
      await window.go(place);
      await page().getByText(`Assay runs read-only here, so nobody can ${deed} from these pages.`).waitFor();
    });
  }
  it('still explains messages', async () => {
    await window.go('#/explain');
    await page().getByLabel('The whole message with its header').fill('From: a@example.com\nSubject: hello\n\nHello.\n');
    await page().getByLabel('Sent from the address').fill('192.0.2.1');
    await page().getByRole('button', { name: 'Explain it' }).click();
    await page().getByRole('region', { name: 'The verdict' }).waitFor();
    assert.deepEqual(window.refused, []);
  });
  it('lets one sign out', async () => {
    await page().getByRole('button', { name: 'Sign out' }).click();
    await page().getByRole('heading', { name: 'Sign in to Assay' }).waitFor();
    assert.deepEqual(window.refused, []);
  });
});
