package manifest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// SecretSource is the source of a secret, as a secret block declares it.
type SecretSource struct {
	Name     string            // of the block
	From     string            // the attribute that names the source, one of SecretSources
	Value    string            // of that attribute, unless it is a command
	Command  []string          // argv
	Identity string            // the file of keys for age; "": the usual ones
	Env      map[string]string // of a program, beside its usual environment
	Timeout  time.Duration     // of a program; 0: the usual one
	Dir      string            // the manifest's folder, the base of relative paths
}

// SecretSources returns the attributes that name a source; a secret has exactly one of them.
func SecretSources() []string { return []string{"credential", "age", "sops", "command", "file"} }

// secretBlock is a secret block. Its secret is read only if the manifest refers to it.
type secretBlock struct {
	attrs  []*hcl.Attribute // in order
	from   *hcl.Attribute   // the one of them that names the source
	needed bool             // something refers to it

	read func() (string, error) // waits for a read that has begun; nil: none has
}

func (dec decoder) decodeSecret(hb *hcl.Block, p *part) hcl.Diagnostics {
	schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "identity"}, {Name: "env"}, {Name: "timeout"}}}
	for _, name := range SecretSources() {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	content, diags := dec.readContent(hb.Body, hb.Type, schema)
	n := &node{what: "secret", name: hb.Labels[0], mod: dec.mod, home: dec.mod, rng: hb.DefRange, sensitive: true, secret: &secretBlock{}}
	p.values = append(p.values, n)
	if dec.mod.parent != nil {
		return append(diags, diag.Failure("Secret in a module",
			"Secrets are declared in the root manifest alone, so that it shows all that a site reads. A module gets one as an input: NAME = secret."+n.name+".", &hb.DefRange))
	}
	for _, a := range inOrder(content.Attributes) {
		a.Expr = dec.mod.eval.Bind(a.Expr)
		n.uses = append(n.uses, a.Expr.Variables()...)
		n.secret.attrs = append(n.secret.attrs, a)
	}
	if !diags.HasErrors() {
		diags = append(diags, n.secret.chooseSource(hb.DefRange)...)
	}
	return diags
}

// chooseSource finds the attribute that names the source, and checks the others.
func (s *secretBlock) chooseSource(at hcl.Range) hcl.Diagnostics {
	for _, a := range s.attrs {
		switch {
		case !slices.Contains(SecretSources(), a.Name):
		case s.from != nil:
			return hcl.Diagnostics{diag.Failure("Two sources of a secret", fmt.Sprintf("A secret has one source: %s or %s.", s.from.Name, a.Name), &a.NameRange)}
		default:
			s.from = a
		}
	}
	if s.from == nil {
		return hcl.Diagnostics{diag.Failure("Secret without a source", "A secret needs one of "+strings.Join(SecretSources(), ", ")+".", &at)}
	}
	for _, a := range s.attrs {
		of := []string{s.from.Name}
		switch a.Name {
		case "identity":
			of = []string{"age", "sops"}
		case "env", "timeout":
			of = []string{"command", "sops"}
		}
		if !slices.Contains(of, s.from.Name) {
			return hcl.Diagnostics{diag.Failure("Attribute of another source", fmt.Sprintf("The attribute %q is for a secret from %s.", a.Name, strings.Join(of, " or ")), &a.NameRange)}
		}
	}
	return nil
}

// evaluateSecret reads the secret, once, if the manifest refers to it.
func (n *node) evaluateSecret() hcl.Diagnostics {
	l, s := n.mod.l, n.secret
	if n.done {
		return nil
	}
	if !s.needed {
		n.val, n.done = cty.NullVal(cty.String), true
		return nil
	}
	source, diags, ok := n.findSource()
	if !ok {
		return nil
	}
	switch {
	case diags.HasErrors():
		return diags
	case l.opts.WithoutSecrets:
		n.val, n.done = cty.UnknownVal(cty.String).Mark(values.Sensitive), true
		return diags
	case l.opts.ReadSecret == nil:
		return append(diags, diag.Failure("Secrets are not read here", "This manifest cannot have secrets.", &n.rng))
	}
	read := s.read
	if read == nil {
		read = func() (string, error) { return l.opts.ReadSecret(l.ctx, source) }
	}
	text, err := read()
	if err != nil {
		return append(diags, diag.Failure("Cannot read a secret", fmt.Sprintf("secret.%s: %s", n.name, diag.End(err.Error())), s.from.Expr.Range().Ptr()))
	}
	val := cty.StringVal(resource.EncodeText(text))
	l.met.AddWhole(val)
	n.val, n.done = val.Mark(values.Sensitive), true
	return diags
}

// findSource returns the source of the secret; ok is false if the source refers to something without a value.
func (n *node) findSource() (source SecretSource, diags hcl.Diagnostics, ok bool) {
	ctx, ok := n.mod.buildScope(n.refs)
	source = SecretSource{Name: n.name, From: n.secret.from.Name, Dir: n.mod.folder.dir}
	if !ok {
		return source, nil, false
	}
	for _, a := range n.secret.attrs {
		v, more := n.mod.eval.Value(a.Expr, ctx)
		if diags = append(diags, more...); more.HasErrors() || n.mod.l.isUnread(v) {
			continue
		}
		if err := source.set(a.Name, v); err != nil {
			diags = append(diags, diag.Failure("Invalid secret", fmt.Sprintf("In secret.%s, %s %s.", n.name, a.Name, err), a.Expr.Range().Ptr()))
		}
	}
	return source, diags, true
}

// set sets an attribute of the source. An error is a clause without subject, and quotes no value.
func (s *SecretSource) set(name string, v cty.Value) error {
	text := func() (string, error) {
		v, ok := plainValue(v, cty.String)
		if !ok || v.AsString() == "" {
			return "", fmt.Errorf("must be a string that is not empty")
		}
		return resource.DecodeBytes(v.AsString()), nil
	}
	var err error
	switch name {
	case "identity":
		s.Identity, err = text()
	case "timeout":
		var limit string
		if limit, err = text(); err == nil {
			if s.Timeout, err = time.ParseDuration(limit); err != nil || s.Timeout <= 0 {
				err = fmt.Errorf("must be a duration such as \"30s\"")
			}
		}
	case "env":
		env, ok := plainValue(v, cty.Map(cty.String))
		if !ok {
			return fmt.Errorf("must be a map of strings")
		}
		s.Env = map[string]string{}
		for name, value := range env.AsValueMap() {
			if value.IsNull() {
				return fmt.Errorf("must be a map of strings")
			}
			s.Env[name] = resource.DecodeBytes(value.AsString())
		}
	case "command":
		s.Command, err = readArgv(v)
	default:
		s.Value, err = text()
	}
	return err
}

// readArgv returns the arguments of a command: a list, or a text for a shell.
func readArgv(v cty.Value) ([]string, error) {
	if line, ok := plainValue(v, cty.String); ok && line.AsString() != "" {
		return []string{"/bin/sh", "-c", resource.DecodeBytes(line.AsString())}, nil
	}
	list, ok := plainValue(v, cty.List(cty.String))
	if !ok || list.LengthInt() == 0 {
		return nil, fmt.Errorf("must be a list of strings (the program and its arguments), or a string for a shell")
	}
	var argv []string
	for _, e := range list.AsValueSlice() {
		if e.IsNull() {
			return nil, fmt.Errorf("must not hold null")
		}
		argv = append(argv, resource.DecodeBytes(e.AsString()))
	}
	return argv, nil
}

// isUnread reports whether a value is made from secrets that this load does not read.
func (l *loader) isUnread(v cty.Value) bool {
	return l.opts.WithoutSecrets && v != cty.NilVal && !v.IsWhollyKnown()
}

// acceptUnread converts a value that is made from unread secrets to the type of its attribute.
func acceptUnread(a *resource.Attr, v cty.Value) cty.Value {
	if out, err := convertTo(v, a.Type); err == nil {
		return out
	}
	return cty.DynamicVal.Mark(values.Sensitive)
}

// placeholder returns v without marks and with placeholders for unread secrets, so that the rest of a resource can be
// checked.
func placeholder(v cty.Value, ty cty.Type) cty.Value {
	out, err := cty.Transform(values.Unmark(v), func(_ cty.Path, e cty.Value) (cty.Value, error) {
		if e.IsKnown() {
			return e, nil
		}
		switch t := e.Type(); {
		case t == cty.Number:
			return cty.Zero, nil
		case t == cty.Bool:
			return cty.False, nil
		case t.IsListType():
			return cty.ListValEmpty(t.ElementType()), nil
		case t.IsSetType():
			return cty.SetValEmpty(t.ElementType()), nil
		case t.IsMapType():
			return cty.MapValEmpty(t.ElementType()), nil
		case t == cty.String || t == cty.DynamicPseudoType:
			return cty.StringVal("(secret)"), nil
		}
		return cty.NullVal(e.Type()), nil
	})
	if err == nil {
		out, err = convertTo(out, ty)
	}
	if err != nil {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return out
}
