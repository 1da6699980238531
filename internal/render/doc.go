// Package render turns a template and its data into text: Go's text/template with the sprig functions, bounded in
// steps and size, without the functions whose result varies between calls.
//
// Start with [Renderer], which keeps parsed templates; [TemplateData] builds the data of a template. It reads no files
// and knows no kinds: the kind template and the manifest's templatefile call it.
package render
