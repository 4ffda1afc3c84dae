// The pages in a browser, against the program with a store. Run by `node --test tests/web/`, after tools/web.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Host, Window, openBrowser } from './browser.mjs';
import { places } from './places.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** Every page of a world: nothing goes wrong, nothing stands out, axe has nothing against it. */
function everyPage(world, options = {}) {
  describe(`every page, ${world || 'empty'}`, () => {
    let host, window;
    before(async () => {
      host = await Host.start(world);
      window = await Window.open(browser, host);
      await window.setUp();
    });
    after(async () => {
      await window?.close();
      await host?.stop();
    });
    for (const [name, place] of Object.entries(places)) {
      it(name, async () => {
        await window.go(place);
        const errors = await window.page.getByText(/Could not load/).allInnerTexts();
        const permitted = world ? (name === 'report' ? 1 : 0) : 9; // what is asked of one report or domain may not be there
        assert.ok(errors.length <= permitted, `${errors}: ${await window.page.locator('main').innerText()}`);
        assert.equal(await window.hacked(), false);
        assert.ok((await window.overflow()) <= 0, 'stands out of the window');
        assert.deepEqual(await window.violations(), []);
        assert.deepEqual(window.faults.splice(0), []);
        for (const width of options.widths ?? [360]) {
          await window.page.setViewportSize({ width, height: 800 });
          assert.ok((await window.overflow()) <= 0, `stands out of ${width} pixels`);
        }
        await window.page.setViewportSize({ width: 1280, height: 900 });
      });
    }
  });
}

everyPage('full --days 45', { widths: [360, 2560] });
everyPage('');
everyPage('one');
everyPage('hostile');

describe('the first visit', () => {
  let host, window;
  before(async () => {
    host = await Host.start('');
    window = await Window.open(browser, host);
  });
  after(async () => {
    await window?.close();
    await host?.stop();
  });

  it('leads from nothing to the first explained report', async () => {
    await window.setUp();
    await window.settled();
    await window.page.getByRole('heading', { name: 'Where things stand' }).waitFor();
    assert.equal(new URL(window.page.url()).hash.includes('token'), false, 'the token stays in the address');
    const sample = join(host.folder, 'sample.xml');
    await writeFile(sample, oneReport);
    await window.page.locator('input[type=file]').setInputFiles(sample);
    await window.page.getByRole('heading', { name: 'Report 1' }).waitFor();
    await window.settled();
    await window.page.getByText('12 messages').first().waitFor();
    await window.page.getByRole('main').getByRole('link', { name: 'example.com' }).first().click();
    await window.page.getByRole('heading', { name: 'Path to enforcement' }).waitFor();
    await window.settled();
    assert.deepEqual(window.faults, []);
  });

  it('does not let a second administrator be set up', async () => {
    const other = await Window.open(browser, host);
    await other.page.goto(host.link);
    await other.page.getByRole('heading', { name: 'Sign in to Assay' }).waitFor();
    assert.deepEqual(await other.violations(), []);
    await other.page.getByLabel('Name').fill('alice');
    await other.page.getByLabel('Password').fill('not the password');
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByRole('alert').waitFor();
    await other.signIn('alice');
    await other.close();
  });
});

const oneReport = `<?xml version="1.0"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>receiver.example</org_name><email>d@receiver.example</email><report_id>1</report_id>
<date_range><begin>1777593600</begin><end>1777679999</end></date_range></report_metadata>
<policy_published><domain>example.com</domain><p>none</p><sp>none</sp><np>none</np></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>12</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers><auth_results><dkim><domain>example.com</domain><selector>s1</selector><result>pass</result></dkim>
<spf><domain>example.com</domain><result>pass</result></spf></auth_results></record></feedback>`;

describe('what a user does', () => {
  let host, window;
  before(async () => {
    host = await Host.start('full --days 20');
    window = await Window.open(browser, host);
    await window.setUp();
  });
  after(async () => {
    await window?.close();
    await host?.stop();
  });
  const page = () => window.page;

  it('sorts and filters in the address', async () => {
    await window.go('#/');
    await page().getByRole('button', { name: 'Domain', exact: true }).click();
    await page().waitForURL(/sort=domain/);
    await page().getByLabel('Find a domain').fill('bakery');
    await page().waitForURL(/find=bakery/);
    await page().reload();
    await window.settled();
    assert.equal(await page().getByRole('link', { name: 'example.com', exact: true }).count(), 0);
    await page().getByRole('link', { name: 'bakery.example' }).click();
    await page().getByRole('heading', { name: 'bakery.example', level: 1 }).waitFor();
  });

  it('asks what if, and leaves', async () => {
    await window.go('#/domains/example.com');
    await page().getByRole('link', { name: 'What if …' }).click();
    await page().getByRole('region', { name: 'What if', exact: true }).waitFor();
    const ground = () => page().evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const other = await ground();
    await page().getByRole('link', { name: 'Back to what is' }).click();
    await page().getByRole('region', { name: 'What if', exact: true }).waitFor({ state: 'detached' });
    assert.notEqual(other, await ground());
  });

  it('marks a source', async () => {
    await window.go('#/domains/example.com/source/Twilio%20SendGrid');
    await page().getByLabel('It is').selectOption('approved');
    await page().getByLabel('Why (a note)').fill('<b>newsletter</b>');
    await page().getByRole('button', { name: 'Mark it' }).click();
    await page().getByText('Noted.').waitFor();
    await page().getByText('<b>newsletter</b>').waitFor();
    await page().getByText('Approved service (you)').waitFor();
  });

  it('makes a token that is shown once', async () => {
    await window.go('#/settings/tokens');
    await page().getByLabel('What it is for').fill('monitoring');
    await page().getByRole('button', { name: 'Make it' }).click();
    const token = (await page().locator('pre.token').innerText()).trim();
    assert.ok(token.length >= 20);
    await page().reload();
    await window.settled();
    assert.equal((await page().content()).includes(token), false);
    await page().getByRole('button', { name: 'Take away monitoring' }).click();
    await page().getByText('monitoring no longer works.').waitFor();
  });

  it('adds a group and a user who sees that group alone', async () => {
    await window.go('#/settings/groups');
    await page().getByLabel('Name').fill('shop');
    await page().getByLabel('Domains, one a line').fill('shop.example.net');
    await page().getByRole('button', { name: 'Make it' }).click();
    await page().getByText('Made.').waitFor();
    await window.go('#/settings/users');
    await page().getByLabel('Name').fill('bob');
    await page().getByLabel('A first password').fill('correct horse battery');
    await page().getByRole('checkbox', { name: 'shop' }).check();
    await page().getByRole('button', { name: 'Add the user' }).click();
    await page().getByText('bob can sign in now.').waitFor();

    const other = await Window.open(browser, host);
    await other.page.goto(host.base);
    await other.signIn('bob');
    await other.settled();
    await other.page.getByRole('link', { name: 'shop.example.net' }).waitFor();
    assert.equal(await other.page.getByRole('link', { name: 'example.com', exact: true }).count(), 0);
    await other.go('#/settings/users');
    assert.equal(await other.page.getByRole('heading', { name: 'Settings: Users' }).count(), 0);
    await other.go('#/reports');
    assert.equal(await other.page.getByText('Drop reports here').count(), 0);
    await other.go('#/domains/example.com');
    assert.equal(await other.page.getByText('Twilio SendGrid').count(), 0);
    assert.deepEqual(other.faults, []);
    await other.close();
  });

  it('explains a message', async () => {
    await window.go('#/explain');
    await page().getByLabel('The whole message with its header').fill('Return-Path: <x@example.com>\nReceived: from mx.example.com (mx.example.com [192.0.2.1]) by here\nFrom: a@example.com\nSubject: hello\n\nHello.\n');
    await page().getByLabel('Its HELO name').focus();
    assert.equal(await page().getByLabel('Sent from the address').inputValue(), '192.0.2.1');
    await page().getByRole('button', { name: 'Explain it' }).click();
    const verdict = page().getByRole('region', { name: 'The verdict' });
    await verdict.locator('pre').getByText('DMARC: PASS').waitFor();
    assert.deepEqual(await window.violations(), []);
  });

  it('downloads a report as it came, and a table', async () => {
    await window.go('#/reports/1');
    const [file] = await Promise.all([page().waitForEvent('download'), page().getByRole('link', { name: 'Download as it came' }).click()]);
    assert.ok(file.suggestedFilename().length > 0);
    await window.go('#/reports');
    const [table] = await Promise.all([page().waitForEvent('download'), page().getByRole('button', { name: /CSV of Reports/ }).click()]);
    assert.match(table.suggestedFilename(), /\.csv$/);
  });

  it('can do it with the keyboard alone', async () => {
    await window.go('#/');
    await page().reload();
    await window.settled();
    await page().keyboard.press('Tab');
    assert.equal(await page().evaluate(() => document.activeElement?.textContent), 'To the content');
    await page().keyboard.press('Enter');
    assert.equal(await page().evaluate(() => document.activeElement?.id), 'main');
    const reach = async (test, most = 80) => {
      for (let i = 0; i < most; ++i) {
        await page().keyboard.press('Tab');
        if (await page().evaluate(test)) return;
      }
      assert.fail(`not reached by Tab: ${test}`);
    };
    await reach(() => document.activeElement?.classList.contains('term'));
    const open = () => page().evaluate(() => document.querySelectorAll(':popover-open').length);
    assert.equal(await open(), 1);
    await page().keyboard.press('Escape');
    assert.equal(await open(), 0);
    await reach(() => document.activeElement?.textContent?.trim() === 'example.com' && document.activeElement.tagName === 'A');
    await page().keyboard.press('Enter');
    await page().getByRole('heading', { name: 'example.com', level: 1 }).waitFor();
    await window.settled();
    await reach(() => document.activeElement?.classList.contains('unfold'), 200);
    await page().keyboard.press('Enter');
    assert.equal(await page().evaluate(() => document.activeElement?.getAttribute('aria-expanded')), 'true');
  });

  it('is readable in the dark', async () => {
    const dark = await Window.open(browser, host, { colorScheme: 'dark' });
    await dark.page.goto(host.base);
    await dark.signIn('alice');
    for (const place of [places.overview, places.domain, places['what if'], places.report]) {
      await dark.go(place);
      assert.deepEqual(await dark.violations(), []);
    }
    await dark.close();
  });

  it('signs out', async () => {
    await window.go('#/');
    await page().getByRole('button', { name: 'Sign out' }).click();
    await page().getByRole('heading', { name: 'Sign in to Assay' }).waitFor();
    assert.deepEqual(window.faults, []);
  });
});
