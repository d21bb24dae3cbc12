/** The site: no fonts, scripts or pictures from elsewhere; a dead link fails the build. */
import { defineConfig } from "vitepress";
import { modules, pageOf } from "../modules.mjs";
import { plainOutsideLinks } from "./outside-links.mts";

const guide = [
  { text: "Getting started", link: "/guide/getting-started" },
  { text: "Tensors", link: "/guide/tensors" },
  { text: "Laziness and await", link: "/guide/laziness" },
  { text: "Autograd", link: "/guide/autograd" },
  { text: "Modules", link: "/guide/modules" },
  { text: "Muon and other optimizers", link: "/guide/optimizers" },
  { text: "Mixture of experts", link: "/guide/moe" },
  { text: "Data", link: "/guide/data" },
  { text: "Training runs", link: "/guide/training" },
  { text: "Saving and resuming", link: "/guide/saving" },
  { text: "Devices", link: "/guide/devices" },
  { text: "Browser", link: "/guide/browser" },
  { text: "Examples, playground, reports", link: "/guide/examples" },
];

const comingFrom = [
  { text: "Coming from PyTorch", link: "/from-pytorch" },
  { text: "Coming from NumPy", link: "/from-numpy" },
];

const api = modules.map((module) => ({ text: module.name, link: pageOf(module) }));

export default defineConfig({
  title: "Tsuki",
  description:
    "A tensor and autograd framework in TypeScript that trains Moonlight, a mixture-of-experts model, with Muon",
  lang: "en",
  cleanUrls: true,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "/moon.svg" }]],
  // Its tables have nine columns.
  transformPageData: ({ relativePath, frontmatter }) =>
    relativePath === "ops.md" ? { frontmatter: { ...frontmatter, aside: false } } : undefined,
  // The page of core's API is large, and so is the index of the search.
  vite: { build: { chunkSizeWarningLimit: 1000 } },
  markdown: {
    config: plainOutsideLinks,
    theme: { light: "github-light", dark: "github-dark" },
  },
  themeConfig: {
    logo: "/moon.svg",
    nav: [
      { text: "Guide", link: "/guide/getting-started", activeMatch: "^/guide/" },
      { text: "Coming from", items: comingFrom },
      { text: "Ops", link: "/ops" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
      { text: "Architecture", link: "/architecture" },
    ],
    sidebar: [
      { text: "Guide", items: guide },
      { text: "Coming from", items: comingFrom },
      { text: "How it works", items: [{ text: "Architecture", link: "/architecture" }] },
      { text: "Reference", items: [{ text: "Ops", link: "/ops" }] },
      { text: "API", collapsed: true, items: api },
    ],
    outline: [2, 3],
    search: { provider: "local" },
    docFooter: { prev: "Before", next: "Next" },
  },
});
