package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	sshFolder    = "/etc/ssh"
	configName   = "sshd_config"
	vendorConfig = "/usr/etc/ssh/sshd_config" // which openSUSE ships; that in /etc replaces it
	maxConfig    = 1 << 20                    // bytes
	maxIncludes  = 16                         // as in servconf.c of sshd
)

// defaultKeyFiles is sshd's default for AuthorizedKeysFile.
func defaultKeyFiles() []string { return []string{".ssh/authorized_keys", ".ssh/authorized_keys2"} }

// keyFilesRule is one AuthorizedKeysFile of sshd_config.
type keyFilesRule struct {
	names []string
	match [][]string // the words of the Match blocks around it, the outermost first
	at    string     // PATH:LINE
}

// sshdConfig holds the lines of sshd_config that name the files of keys.
type sshdConfig struct{ rules []keyFilesRule }

// configOf is the key of the configuration of sshd.
type configOf struct{}

// readConfig reads sshd_config and all that it includes, once.
func (f *Files) readConfig(ctx context.Context) (*sshdConfig, error) {
	return recall(f, configOf{}, func() (*sshdConfig, error) {
		r := configReader{files: f, config: &sshdConfig{}}
		for _, p := range []string{path.Join(sshFolder, configName), vendorConfig} {
			switch err := r.readFile(ctx, p, nil, 0); {
			case errors.Is(err, fs.ErrNotExist):
				continue
			case err != nil:
				return nil, fmt.Errorf("cannot find out where sshd looks for keys: %w; give path", err)
			}
			break
		}
		return r.config, nil
	})
}

// configReader reads the files of a configuration in the order of sshd.
type configReader struct {
	files  *Files
	config *sshdConfig
}

// readFile reads one file. A Match block ends with its file; its conditions also apply to what it includes.
func (r configReader) readFile(ctx context.Context, name string, around [][]string, depth int) error {
	if depth > maxIncludes {
		return fmt.Errorf("%s is included too deep", name)
	}
	text, err := foreseen{r.files}.read(name)
	if err != nil {
		return err
	}
	match, number := around, 0
	for line := range strings.Lines(string(text)) {
		number++
		words, err := splitWords(line)
		where := name + ":" + strconv.Itoa(number)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", where, err)
		case len(words) == 0:
			continue
		}
		switch args := words[1:]; strings.ToLower(words[0]) {
		case "match":
			match = append(slices.Clone(around), args)
		case "authorizedkeysfile":
			if len(args) > 0 {
				r.config.rules = append(r.config.rules, keyFilesRule{args, match, where})
			}
		case "include":
			for _, pattern := range args {
				if err := r.include(ctx, pattern, match, depth); err != nil {
					return err
				}
			}
		}
	}
	return ctx.Err()
}

// include reads the files that a pattern fits, in the order of their names.
func (r configReader) include(ctx context.Context, pattern string, match [][]string, depth int) error {
	if !path.IsAbs(pattern) {
		pattern = path.Join(sshFolder, pattern)
	}
	names, err := r.glob(pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := r.readFile(ctx, name, match, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// glob returns the paths that a pattern fits. A folder that is missing holds none.
func (r configReader) glob(pattern string) ([]string, error) {
	paths := []string{"/"}
	for part := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var next []string
		for _, dir := range paths {
			if !strings.ContainsAny(part, `*?[\`) {
				next = append(next, path.Join(dir, part))
				continue
			}
			names, err := r.list(dir)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				ok, err := path.Match(part, name)
				if err != nil {
					return nil, fmt.Errorf("%q is no pattern: %w", pattern, err)
				}
				if ok && (name[0] != '.' || part[0] == '.') {
					next = append(next, path.Join(dir, name))
				}
			}
		}
		paths = next
	}
	return slices.DeleteFunc(paths, func(p string) bool { return !foreseen{r.files}.exists(p) }), nil
}

func (r configReader) list(dir string) ([]string, error) {
	declared := foreseen{r.files}.namesIn(r.files.resolve(dir))
	at, err := r.files.FS.Resolve(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return slices.Sorted(slices.Values(declared)), nil
	}
	if err != nil {
		return nil, err
	}
	names, err := r.files.FS.Names(at)
	names = append(names, declared...)
	slices.Sort(names)
	return slices.Compact(names), err
}

// splitWords splits a line of sshd_config into words, as sshd does: the first one may end
// with '=', words may be in quotes, and '#' begins a comment.
func splitWords(line string) ([]string, error) {
	line = strings.TrimSpace(line)
	end := strings.IndexAny(line, " \t=\"")
	if line == "" || line[0] == '#' || end == 0 {
		return nil, nil
	}
	if end < 0 {
		return []string{line}, nil
	}
	words, rest := []string{line[:end]}, strings.TrimLeft(line[end:], " \t")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
	for rest != "" && rest[0] != '#' {
		word, after, err := cutWord(rest)
		if err != nil {
			return nil, err
		}
		words, rest = append(words, word), strings.TrimLeft(after, " \t")
	}
	return words, nil
}

// cutWord cuts off a word, without its quotes.
func cutWord(text string) (word, rest string, err error) {
	var out strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && strings.IndexByte(`"'\`, text[i+1]) >= 0:
			i++
			out.WriteByte(text[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return out.String(), text[i:], nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		default:
			out.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", errors.New("a quote has no end")
	}
	return out.String(), "", nil
}

// expand replaces the tokens of sshd_config(5) in the name of a file of keys, which is
// relative to the home.
func expand(pattern string, a account) (string, error) {
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' {
			out.WriteByte(pattern[i])
			continue
		}
		i++
		switch token := pattern[i:min(i+1, len(pattern))]; {
		case token == "%":
			out.WriteByte('%')
		case token == "h":
			out.WriteString(a.home)
		case token == "u":
			out.WriteString(a.name)
		case token == "U" && a.exists:
			out.WriteString(strconv.FormatUint(uint64(a.uid), 10))
		case token == "U":
			return "", fmt.Errorf("AuthorizedKeysFile names %q, and the user has no number yet; give path", pattern)
		default:
			return "", fmt.Errorf("AuthorizedKeysFile names %q, in which %%%s means nothing; give path", pattern, token)
		}
	}
	file := out.String()
	if !path.IsAbs(file) {
		file = path.Join(a.home, file)
	}
	return path.Clean(file), nil
}
