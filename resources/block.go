package resources

import (
	"fmt"
	"io"
	"path"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// BlockWant is the struct of the kind block.
type BlockWant struct {
	PartPlace
	BlockAttrs
	Placing
}

// Block is the kind of some lines of a file between two marker lines. A provider of nil serves documentation and
// validation.
func Block(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "block",
		Doc: "Some lines of a file whose other content is not converge's, between a line `# BEGIN name` and a line `# END name`. converge replaces what is between the two and leaves the rest alone. " +
			"A block that begins twice, or does not end, is an error with its line.",
		Example: "block \"cluster\" {\n  path    = \"/etc/hosts\"\n  content = \"10.0.0.11 db1\\n10.0.0.12 db2\\n\"\n}\n",
		Label:   "marker",
		Attrs: resource.Typing[BlockWant](partAttrs("block", []string{"content", "sensitive"}, append([]resource.Attr{
			{Name: "marker", Required: true, Doc: "The name in the two lines that mark the block. It tells blocks of one file apart."},
			{Name: "content", SecretIf: []string{"sensitive"}, Doc: "The lines of the block. Required, unless the block must be absent. They end as the lines of the file do."},
			{Name: "comment", Option: true, Public: true, Doc: "What begins a comment in the file. Unset: known by the extension of the file (`;`, `//`, `--`, `%`), otherwise `#`. Required where the end of a line does not end a comment (html, xml, css): `comment = \"<!--\"` with `marker = \"cluster -->\"`."},
		}, placingAttrs()...)...)),
		Prepare:     resource.Preparing(prepareBlock),
		Links:       resource.Reading(blockLinks),
		Moves:       movesPackages,
		Inert:       true,
		ContentAttr: "content",
		Restores:    true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Revert: resource.Reverting(func(p resource.Past, before, after BlockWant) ([]resource.RevertTarget, error) {
			return revertPart(p, Part{PartPlace: before.PartPlace, BlockAttrs: before.BlockAttrs}, Part{PartPlace: after.PartPlace, BlockAttrs: after.BlockAttrs})
		}),
		Named:    partNamed(blockNamed),
		Provider: p,
	}
}

// closedComments is how a comment begins and ends in a file, by its extension, if the end of the line does not end it.
func closedComments(file string) (begins, ends string) {
	switch path.Ext(file) {
	case ".html", ".htm", ".xhtml", ".xml", ".svg", ".xsl", ".plist":
		return "<!--", "-->"
	case ".css":
		return "/*", "*/"
	}
	return "", ""
}

// checkComment refuses marks that the file's reader would take for text.
func (w *BlockWant) checkComment() error {
	begins, ends := closedComments(string(w.Path))
	if w.Comment.Set || begins == "" {
		return nil
	}
	return attrError("comment", "is needed: a comment of a %s file begins with %s and ends with %s; comment = %q and a marker that ends with %q make the two lines comments",
		path.Ext(string(w.Path)), begins, ends, begins, " "+ends)
}

// commentOf is how a comment begins in a file, by its extension.
func commentOf(file string) string {
	switch path.Ext(file) {
	case ".c", ".h", ".js", ".jsonc", ".nft", ".scss", ".go":
		return "//"
	case ".lua", ".sql", ".hs":
		return "--"
	case ".tex":
		return "%"
	}
	if format, dialect := edit.Known(file); format == edit.INI && dialect == edit.PHP {
		return ";"
	}
	return "#"
}

func prepareBlock(_ resource.Input, w *BlockWant) error {
	w.preparePlace(PartBlock)
	if err := w.preparePlacing(); err != nil {
		return err
	}
	if err := w.checkComment(); err != nil {
		return err
	}
	w.Comment = resource.Some(w.Comment.Or(commentOf(string(w.Path))))
	if w.IsAbsent() {
		w.Content = nil
	} else if w.Content == nil {
		return attrError("content", "none is given, and it is needed unless ensure is \"absent\"")
	}
	b, err := w.Wish()
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		return &resource.AttrError{Attr: "content", Err: err}
	}
	if text := b.Text(); text != b.Content {
		w.Content = resource.BytesBlob([]byte(text))
	}
	return nil
}

// Wish is the block in the form of package edit.
func (w *BlockWant) Wish() (b edit.Block, err error) {
	b = edit.Block{Marker: resource.DecodeBytes(w.Marker), Comment: resource.DecodeBytes(w.Comment.Value), Absent: w.IsAbsent()}
	if w.Content != nil {
		if b.Content, err = contentText(w.Content); err != nil {
			return b, err
		}
	}
	b.After, b.Before, err = w.Where()
	return b, err
}

// contentText reads a content.
func contentText(b *resource.Blob) (string, error) {
	if text, ok := b.Bytes(); ok {
		return string(text), nil
	}
	r, err := b.Open()
	if err != nil {
		return "", fmt.Errorf("cannot read the content: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, edit.MaxSize))
	return string(text), err
}

func blockLinks(w BlockWant) resource.Links {
	return partLinks(w.PartPlace, "block "+strconv.Quote(w.Comment.Value)+" "+w.Marker)
}

func blockNamed(id string) map[string]cty.Value {
	comment, marker := quoted(id[min(len(id), len("block ")):])
	return map[string]cty.Value{"comment": cty.StringVal(comment), "marker": cty.StringVal(marker)}
}
