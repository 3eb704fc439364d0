// Journeys through the release program with the machine's own Chromium, on a desktop and on a phone.
import { defineConfig, devices } from "@playwright/test";

// The browser runs without a sandbox and without talking to anybody, so that it works in a container and offline.
const flags = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "./tests",
  outputDir: "./results",
  fullyParallel: true,
  // Pictures are taken when asked for.
  grepInvert: process.env.PODIUM_PICTURES ? undefined : /@pictures/,
  forbidOnly: !!process.env.CI,
  // A second try tells a slow machine from a broken page; what needed one is listed as flaky.
  retries: process.env.CI ? 1 : 0,
  workers: 2,
  // A worker starts programs and several browsers at once, on machines that may be busy.
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    video: "off", // it would need a download
    launchOptions: { executablePath: process.env.CHROMIUM, args: flags },
  },
  projects: [
    { name: "desktop", testIgnore: "together/**", use: { ...devices["Desktop Chrome"] } },
    { name: "phone", testIgnore: "together/**", use: { ...devices["Pixel 7"] } },
    // Several people with the devices that fit them, so once is enough.
    { name: "together", testMatch: "together/**" },
  ],
});
