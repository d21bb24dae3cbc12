/** The API reference: pages in docs/api, written by TypeDoc from the sources of all packages. */
import { rmSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, CommentTag, Converter, ReflectionKind } from "typedoc";
import { modules } from "./modules.mjs";

const core = fileURLToPath(new URL("../packages/core/src", import.meta.url));
const out = fileURLToPath(new URL("api", import.meta.url));

/** The titles of core's rooms. */
const rooms = {
  graph: "Tensors and variables",
  tensor: "Making and reading",
  autograd: "Gradients",
  device: "Devices",
  io: "Contents and records",
  "dtype.ts": "Dtypes",
  "errors.ts": "Errors",
};

/**
 * A page for each module. What a class inherits stands with the class that defines it: the ops are listed as functions, and
 * not once more as methods of tensors and of variables.
 *
 * @throws Error where TypeDoc cannot read the sources
 */
export async function writeApi() {
  rmSync(out, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    sidebar: { autoConfiguration: false },
    entryPoints: modules.map(({ source }) => source),
    tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
    out,
    skipErrorChecking: true,
    readme: "none",
    name: "API reference",
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    validation: { notExported: false },
    categorizeByGroup: false,
    categoryOrder: [...Object.values(rooms).slice(0, 3), "*", ...Object.values(rooms).slice(3), "Other"],
    outputFileStrategy: "modules",
    entryFileName: "index",
    excludeScopesInPaths: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeDeclarationFormat: "table",
    logLevel: "Warn",
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    const sourceOf = (reflection) =>
      context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    for (const module of context.project.getReflectionsByKind(ReflectionKind.Module)) {
      const source = sourceOf(module);
      module.name = modules.find((one) => one.source === source).name;
      for (const member of module.children ?? []) addCategory(member, relative(core, sourceOf(member) ?? ""));
    }
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
      // One that is taken apart where it stands.
      if (parameter.name.startsWith("__namedParameters")) parameter.name = "input";
    }
    for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
      if (member.flags.isInherited) project.removeReflection(member);
    }
  });
  const project = await app.convert();
  if (!project) throw new Error("the sources of the packages cannot be read");
  await app.generateOutputs(project);
}

/** The exports of core stand under their room; ops, under the name of their file, as in docs/ops.md. */
function addCategory(member, source) {
  const [room, file = ""] = source.split("/");
  const words = file.replace(".ts", "").replaceAll("-", " ");
  const category = room === "ops" ? `Ops: ${words}` : rooms[room];
  if (!category) return;
  for (const { comment } of member.signatures ?? [member]) {
    comment?.blockTags.push(new CommentTag("@category", [{ kind: "text", text: category }]));
  }
}
