// The pictures of the README: `node tests/web/screenshots.mjs FOLDER`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Host, Window, openBrowser } from './browser.mjs';

const folder = process.argv[2] ?? 'docs/pictures';
await mkdir(folder, { recursive: true });
const browser = await openBrowser();
const host = await Host.start('');
try {
  const window = await Window.open(browser, host, { viewport: { width: 1280, height: 860 } });
  await window.setUp();
  await window.settled();
  await window.page.getByRole('button', { name: 'Load the demonstration world' }).click();
  await window.page.getByRole('table').first().waitFor();
  await window.settled();
  await window.page.screenshot({ path: join(folder, 'domains.png') });
  await window.page.getByRole('table').first().getByRole('link').first().click();
  await window.page.locator('canvas').first().waitFor();
  await window.settled();
  await window.page.waitForTimeout(500); // the chart draws
  await window.page.setViewportSize({ width: 1280, height: 1000 });
  await window.page.screenshot({ path: join(folder, 'domain.png') });
  console.log(`${folder}: domains.png, domain.png`);
} finally {
  await browser.close();
  await host.stop();
}
