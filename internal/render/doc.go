// Package render turns a template and its data into text: Go's text/template
// with the sprig functions, bounded in steps and size, less the functions whose
// result is not the same every time.
//
// Start with [Renderer], which keeps parsed templates; [TemplateData] builds
// what a template sees. It reads no files and knows no kinds: the kind template
// and the manifest's templatefile call it.
package render
