import ts from 'typescript'

/** One place where a module names another. */
export interface ImportSite {
  /** `undefined` where it is computed at run time. */
  readonly specifier: string | undefined
  readonly line: number
  /** Erased by the compiler. */
  readonly typeOnly: boolean
  /** `import * as name`. */
  readonly namespace: boolean
}

export function parseModule(path: string, text: string): ts.SourceFile {
  const kind = path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, kind)
}

/** Imports, re-exports, `import()`, `require()` and `import('…')` in types, wherever they stand in the module. */
export function importSites(module: ts.SourceFile): ImportSite[] {
  const sites: ImportSite[] = []
  const note = (node: ts.Node, name: ts.Node | undefined, typeOnly: boolean, namespace = false): void => {
    const specifier = name !== undefined && ts.isStringLiteralLike(name) ? name.text : undefined
    const line = module.getLineAndCharacterOfPosition(node.getStart(module)).line + 1
    sites.push({ specifier, line, typeOnly, namespace })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      const bindings = clause?.namedBindings
      note(node, node.moduleSpecifier, typeOnly, bindings !== undefined && ts.isNamespaceImport(bindings))
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      note(node, node.moduleSpecifier, node.isTypeOnly)
    } else if (ts.isImportTypeNode(node)) {
      note(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true)
    } else if (ts.isExternalModuleReference(node)) {
      note(node, node.expression, false)
    } else if (ts.isCallExpression(node) && isLoading(node.expression)) {
      note(node, node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(module)
  return sites
}

function isLoading(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
}
