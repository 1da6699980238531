package edit

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSettings shows the edit of a file, or the reason for a refusal.
func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		file, src string
		s         Setting
		want      string // the file, or after "!" the error
	}{
		"last of login.defs counts":     {"/etc/login.defs", "A 1\nB 2\nA 3\n", Setting{Key: "A", Value: "4", Several: RemoveSeveral}, "B 2\nA 4\n"},
		"first of sshd_config counts":   {"/etc/ssh/sshd_config", "port 1\nPort 2\n", Setting{Key: "Port", Value: "3", Several: RemoveSeveral}, "port 3\n"},
		"twice":                         {"/etc/ssh/sshd_config", "Port 1\nPort 2\n", Setting{Key: "port", Value: "3"}, `!line 2: port is set here and at line 1; duplicates = "remove" keeps only the one that counts`},
		"no value":                      {"/etc/chrony.conf", "a 1\n", Setting{Key: "b", Value: ""}, "a 1\nb\n"},
		"no value any more":             {"/etc/chrony.conf", "a 1\n", Setting{Key: "a", Value: ""}, "a\n"},
		"a value where none was":        {"/etc/chrony.conf", "a\n", Setting{Key: "a", Value: "1"}, "a 1\n"},
		"before Match":                  {"/etc/ssh/sshd_config", "Port 1\n\n# git\nMatch User git\n  X no\n", Setting{Key: "X", Value: "yes"}, "Port 1\nX yes\n\n# git\nMatch User git\n  X no\n"},
		"in Match, in any case":         {"/etc/ssh/sshd_config", "X yes\nmatch  user git\n  X no\nMatch all\n", Setting{Section: []string{"Match user git"}, Key: "x", Value: "yes"}, "X yes\nmatch  user git\n  X yes\nMatch all\n"},
		"new in Match":                  {"/etc/ssh/sshd_config", "Match User git\n\tX no\n\nMatch all\n\tX yes\n", Setting{Section: []string{"Match User git"}, Key: "Y", Value: "1"}, "Match User git\n\tX no\n\tY 1\n\nMatch all\n\tX yes\n"},
		"prose is no assignment":        {"/etc/ssh/sshd_config", "#Port is where it listens, and so on\nA 1\n", Setting{Key: "Port", Value: "3"}, "#Port is where it listens, and so on\nA 1\nPort 3\n"},
		"prose with a blank":            {"/etc/login.defs", "# UMASK 022\n", Setting{Key: "UMASK", Value: "027"}, "# UMASK 022\nUMASK 027\n"},
		"two that are commented out":    {"/etc/ssh/sshd_config", "#ListenAddress 0.0.0.0\n#ListenAddress ::\n", Setting{Key: "ListenAddress", Value: "::1"}, "#ListenAddress 0.0.0.0\n#ListenAddress ::\nListenAddress ::1\n"},
		"php comment behind":            {"/etc/php.ini", "[PHP]\nmemory_limit = 128M ; per script\n", Setting{Section: []string{"PHP"}, Key: "memory_limit", Value: "1G"}, "[PHP]\nmemory_limit = 1G ; per script\n"},
		"php many extensions":           {"/etc/php.ini", "[PHP]\nextension=a\nextension=b\n", Setting{Section: []string{"PHP"}, Key: "extension", Value: "c"}, `!line 3: extension is set here and at line 2; duplicates = "remove" keeps only the one that counts`},
		"php key of a later section":    {"/etc/php.ini", "; x\n[PHP]\na = 1\n", Setting{Key: "a", Value: "2"}, `!line 3: a is set here, in [PHP], and PHP takes no notice of sections: declare section = "PHP"`},
		"php key of another section":    {"/etc/php.ini", "[PHP]\na = 1\n[Date]\nb = 1\n", Setting{Section: []string{"Date"}, Key: "a", Value: "2"}, `!line 2: a is set here, in [PHP], and PHP takes no notice of sections: declare section = "PHP"`},
		"php key above all sections":    {"/etc/php.ini", "a = 1\n[PHP]\n", Setting{Section: []string{"PHP"}, Key: "a", Absent: true}, `!line 1: a is set here, above all sections, and PHP takes no notice of sections: declare no section`},
		"php key in two sections":       {"/etc/php.ini", "[PHP]\na = 1\n[Date]\na = 2\n", Setting{Section: []string{"PHP"}, Key: "a", Value: "1", Several: RemoveSeveral}, `!line 4: a is set here, in [Date], and at line 2, and PHP takes no notice of sections: remove one of the two`},
		"php key of a host":             {"/etc/php.ini", "[PHP]\n[HOST=a.example]\na = 1\n[Path=/srv]\na = 2\n", Setting{Section: []string{"PHP"}, Key: "a", Value: "3"}, "[PHP]\na = 3\n[HOST=a.example]\na = 1\n[Path=/srv]\na = 2\n"},
		"php key for a host":            {"/etc/php.ini", "[PHP]\na = 1\n[HOST=a.example]\nb = 1\n", Setting{Section: []string{"HOST=a.example"}, Key: "a", Value: "3"}, "[PHP]\na = 1\n[HOST=a.example]\nb = 1\na = 3\n"},
		"php extensions of sections":    {"/etc/php.ini", "[PHP]\n[a]\nextension = a\n", Setting{Section: []string{"PHP"}, Key: "extension", Value: "b"}, "[PHP]\nextension = b\n[a]\nextension = a\n"},
		"php key that comes back":       {"/etc/php.ini", "[PHP]\na = 1\n[Date]\na = 2\n", Setting{Section: []string{"PHP"}, Key: "a", Absent: true, Back: true}, "[PHP]\n[Date]\na = 2\n"},
		"php key of a comment":          {"/etc/php.ini", "[PHP]\n;a = 1\n", Setting{Key: "a", Value: "2"}, "a = 2\n[PHP]\n;a = 1\n"},
		"quotes and export stay":        {"/etc/default/x", "export A='1' # c\n", Setting{Key: "A", Value: "2 3"}, "export A='2 3' # c\n"},
		"quotes where needed":           {"/etc/default/x", "A=1\n", Setting{Key: "A", Value: `a "b" $c`}, "A=\"a \\\"b\\\" \\$c\"\n"},
		"made by a command":             {"/etc/default/x", "A=$(date)\n", Setting{Key: "A", Value: "1"}, "!line 1: the value is made by a command, which is not supported"},
		"made of a variable":            {"/etc/default/x", "A=\"$B c\"\n", Setting{Key: "A", Items: []string{"d"}, Separator: " "}, "!line 1: the value is made of a variable, which is not supported"},
		"continued":                     {"/etc/default/x", "A=\"1 \\\n2\"\n", Setting{Key: "A", Value: "1"}, "!line 1: the value is continued in the next line, which is not supported"},
		"postgres quotes where needed":  {"/etc/postgresql/15/main/postgresql.conf", "#listen_addresses = 'localhost'\t\t# what to listen on\n", Setting{Key: "listen_addresses", Value: "*"}, "listen_addresses = '*'\t\t# what to listen on\n"},
		"postgres quotes stay":          {"/etc/postgresql/15/main/postgresql.conf", "a = 'x#y'#c\n", Setting{Key: "A", Value: "it's"}, "a = 'it''s'#c\n"},
		"postgres names and numbers":    {"/etc/postgresql/15/main/postgresql.conf", "#wal_level = replica\nshared_buffers 128MB\n", Setting{Key: "shared_buffers", Value: "1GB"}, "#wal_level = replica\nshared_buffers 1GB\n"},
		"postgres escapes":              {"/etc/postgresql/15/main/postgresql.conf", "a = 'x\\'y\\\\z'\n", Setting{Key: "a", Value: `x'y\z`}, "a = 'x\\'y\\\\z'\n"},
		"postgres new":                  {"/etc/postgresql/15/main/postgresql.conf", "a = 1\n# b is prose, too\n", Setting{Key: "b", Value: "x y"}, "a = 1\n# b is prose, too\nb = 'x y'\n"},
		"no quotes for sysctl":          {"/etc/sysctl.d/x.conf", "a.b = 1\n", Setting{Key: "a.c", Value: "1 2"}, "a.b = 1\na.c = 1 2\n"},
		"ini spacing of its neighbours": {"/etc/x.ini", "[a]\nx=1\n[b]\n", Setting{Section: []string{"a"}, Key: "y", Value: "2"}, "[a]\nx=1\ny=2\n[b]\n"},
		"ini continued value":           {"/etc/x.ini", "[a]\nx = 1\n    2\ny = 3\n", Setting{Section: []string{"a"}, Key: "x", Value: "4"}, "[a]\nx = 4\ny = 3\n"},
		"ini continued by a backslash":  {"/etc/systemd/system/x.service", "[Service]\nExecStart=/a \\\n--b\n", Setting{Section: []string{"Service"}, Key: "ExecStart", Value: "/c"}, "!line 2: the value is continued in the next line, which is not supported"},
		"ini value over comments":       {"/etc/x.ini", "[a]\nx = 1\n  # c\n\n  2\ny = 3\n", Setting{Section: []string{"a"}, Key: "x", Value: "4"}, "[a]\nx = 4\ny = 3\n"},
		"ini keys inside a value":       {"/etc/x.ini", "[a]\nx =\n  y = 1\n  z = 2\n", Setting{Section: []string{"a"}, Key: "z", Value: "4"}, "[a]\nx =\n  y = 1\n  z = 2\nz =4\n"},
		"ini flag of the same depth":    {"/etc/my.cnf", "[a]\n  x = 1\n  flag\n", Setting{Section: []string{"a"}, Key: "x", Value: "4"}, "[a]\n  x = 4\n  flag\n"},
		"a key in a continued line":     {"/etc/systemd/system/x.service", "[Service]\nExecStart=/a \\\n# c\nUser=b \\\n[Install]\nUser=c\n", Setting{Section: []string{"Service"}, Key: "User", Value: "d"}, "[Service]\nExecStart=/a \\\n# c\nUser=b \\\n[Install]\nUser=d\n"},
		"behind a backslash":            {"/etc/systemd/system/x.service", "[Service]\nExecStart=/a \\\n", Setting{Section: []string{"Service"}, Key: "User", Value: "d"}, "!the file would mean something else besides"},
		"a key in a quoted value":       {"/etc/default/x", "X=\"foo\nA=1\nbar\"\nB=2\n", Setting{Key: "A", Value: "9"}, "X=\"foo\nA=1\nbar\"\nB=2\nA=9\n"},
		"a key behind a backslash":      {"/etc/default/x", "X=foo\\\nA=1\nB=it's\n", Setting{Key: "A", Value: "9"}, "X=foo\\\nA=1\nB=it's\nA=9\n"},
		"a key in a document":           {"/etc/default/x", "B=1\ncat <<-'EOF' >x\nA=1\n\tEOF\nA=2\n", Setting{Key: "A", Value: "9"}, "B=1\ncat <<-'EOF' >x\nA=1\n\tEOF\nA=9\n"},
		"a document of several words":   {"/etc/default/x", "cat <<\"E F\"\nA=1\nE F\nB=$(\nA=2)\n", Setting{Key: "A", Value: "9"}, "cat <<\"E F\"\nA=1\nE F\nB=$(\nA=2)\nA=9\n"},
		"php comment without a blank":   {"/etc/php.ini", "[PHP]\nx = a;b\n", Setting{Section: []string{"PHP"}, Key: "x", Value: "c;d"}, "[PHP]\nx = \"c;d\";b\n"},
		"quotes that never end":         {"/etc/x.env", "B=it's\nA=1 # don\n", Setting{Key: "A", Value: "9"}, "B=it's\nA=9 # don\n"},
		"an array":                      {"/etc/default/x", "A=(a\nb)\n", Setting{Key: "A", Value: "9"}, "!line 1: the value is continued in the next line, which is not supported"},
		"a command behind":              {"/etc/default/x", "A=1; export A\n", Setting{Key: "A", Value: "9"}, "!line 1: the line is more than an assignment, which is not supported"},
		"prose in a comment":            {"/etc/default/x", "#A=yes to enable\n#A='1' or '2'\n", Setting{Key: "A", Value: "9"}, "#A=yes to enable\n#A='1' or '2'\nA=9\n"},
		"no quotes for sysctl ever":     {"/etc/sysctl.conf", "a.b=1 2\n;a.c=1\n", Setting{Key: "a.b", Value: "3 4 # 5"}, "a.b=3 4 # 5\n;a.c=1\n"},
		"Match in other forms":          {"/etc/ssh/sshd_config", "Match=user git # c\n  X no\n", Setting{Section: []string{"Match user git"}, Key: "x", Value: "yes"}, "Match=user git # c\n  X yes\n"},
		"ini new section":               {"/etc/x.ini", "[a]\nx = 1\n", Setting{Section: []string{"b"}, Key: "y", Value: "2"}, "[a]\nx = 1\n\n[b]\ny = 2\n"},
		"items":                         {"/etc/default/grub", "W=\"a b\"\n", Setting{Key: "W", Items: []string{"b", "c"}, Separator: " "}, "W=\"a b c\"\n"},
		"items that go":                 {"/etc/default/grub", "W=\"a b c\"\n", Setting{Key: "W", Items: []string{"b", "d"}, Separator: " ", Absent: true}, "W=\"a c\"\n"},
		"items beside quotes":           {"/etc/ssh/sshd_config", "AllowGroups \"domain  users\" x\n", Setting{Key: "AllowGroups", Items: []string{"y"}, Separator: " "}, "AllowGroups \"domain  users\" x y\n"},
		"toml type":                     {"/x.toml", "a = \"1\" # c\n", Setting{Key: "a", Value: int64(1)}, "a = 1 # c\n"},
		"toml table of several":         {"/x.toml", "[[a]]\nb = 1\n", Setting{Section: []string{"a"}, Key: "b", Value: int64(2)}, "!line 1: [[a]] is one of several tables, so that its keys have no names of their own"},
		"toml inline table":             {"/x.toml", "a = {b = 1}\n", Setting{Section: []string{"a"}, Key: "b", Value: int64(2)}, "!line 1: a is a value here, and not a table of its own: set the whole of it"},
		"toml table of dotted keys":     {"/x.toml", "[p]\n a.b = 1\n c = 2\n", Setting{Section: []string{"p", "a"}, Key: "d", Value: int64(2)}, "[p]\n a.b = 1\n a.d = 2\n c = 2\n"},
		"toml dotted keys of the root":  {"/x.toml", "a.b.c = 1\n[p]\n", Setting{Section: []string{"a", "b"}, Key: "d e", Value: int64(2)}, "a.b.c = 1\na.b.\"d e\" = 2\n[p]\n"},
		"toml table above dotted keys":  {"/x.toml", "a.b.c = 1\n[p]\n", Setting{Section: []string{"a"}, Key: "d", Value: int64(2)}, "a.b.c = 1\na.d = 2\n[p]\n"},
		"toml root before tables":       {"/x.toml", "# of t\n[t]\nx = 1\n", Setting{Key: "a", Value: true}, "a = true\n# of t\n[t]\nx = 1\n"},
		"yaml type":                     {"/x.yaml", "a: \"yes\"\n", Setting{Key: "a", Value: true}, "a: true\n"},
		"yaml string that looks so":     {"/x.yaml", "a: b\n", Setting{Key: "a", Value: "yes"}, "a: \"yes\"\n"},
		"yaml line ends of Unicode":     {"/x.yaml", "a: b\n", Setting{Key: "a", Value: "x\u0085y\u2028z\x7f\ufeff\u00e9"}, "a: \"x\\u0085y\\u2028z\\u007f\\ufeff\u00e9\"\n"},
		"yaml line ends in a list":      {"/x.yaml", "a: b\n", Setting{Key: "a", Value: []any{"x\u0085y"}}, "a: [\"x\\u0085y\"]\n"},
		"yaml anchor":                   {"/x.yaml", "a: &x {k: 1}\nb: *x\n", Setting{Section: []string{"b"}, Key: "k", Value: int64(2)}, "!line 2: an alias is in the way"},
		"yaml anchored":                 {"/x.yaml", "a: &x {k: 1}\nb: *x\n", Setting{Section: []string{"a"}, Key: "k", Value: int64(2)}, "!line 1: the anchor &x is in the way: what refers to it would change as well"},
		"yaml merge key":                {"/x.yaml", "a: &x {k: 1}\nb:\n  <<: *x\n", Setting{Section: []string{"b"}, Key: "k", Value: int64(2)}, "!line 3: a merge key is in the way"},
		"yaml documents":                {"/x.yaml", "a: 1\n---\nb: 2\n", Setting{Key: "a", Value: int64(2)}, "!line 2: a second document begins here"},
		"yaml empty key":                {"/x.yaml", "a:\nb: 1\n", Setting{Section: []string{"a", "c"}, Key: "d", Value: "e"}, "a:\n  c:\n    d: e\nb: 1\n"},
		"yaml runes":                    {"/x.yaml", "ä: {ö: 1, ü: 2} # c\n", Setting{Section: []string{"ä"}, Key: "ü", Value: int64(3)}, "ä: {ö: 1, ü: 3} # c\n"},
		"json comment behind the last":  {"/x.json", "{\n  \"a\": 1 // one\n}\n", Setting{Key: "b", Value: int64(2)}, "{\n  \"a\": 1, // one\n  \"b\": 2\n}\n"},
		"json key twice":                {"/x.json", "{\"a\": 1,\n\"a\": 2}\n", Setting{Key: "a", Value: int64(2)}, "!line 2: the key \"a\" is there twice"},
		"json comments stay":            {"/x.json", "{\n  // file\n  \"a\": 1, // one\n  // two\n  \"b\": 2\n}\n", Setting{Key: "b", Absent: true}, "{\n  // file\n  \"a\": 1 // one\n  // two\n}\n"},
		"json comment before a comma":   {"/x.json", "{\"a\": 1 /* one */, \"b\": 2}\n", Setting{Key: "a", Absent: true}, "{ /* one */ \"b\": 2}\n"},
		"json all in one line":          {"/x.json", "{\"a\": {}}\n", Setting{Section: []string{"a"}, Key: "b", Value: int64(1)}, "{\"a\": {\"b\": 1}}\n"},
		"json nothing in its one line":  {"/x.json", "{}\n", Setting{Key: "b", Value: int64(1)}, "{\n  \"b\": 1\n}\n"},
		"json first of two":             {"/x.json", "{\"a\": 1, \"b\": 2}\n", Setting{Key: "a", Absent: true}, "{\"b\": 2}\n"},
		"json last of two":              {"/x.json", "{\"a\": 1, \"b\": 2}\n", Setting{Key: "b", Absent: true}, "{\"a\": 1}\n"},
		"json with a comma at the end":  {"/x.json", "{\n  \"a\": 1,\n  \"b\": 2,\n}\n", Setting{Key: "b", Absent: true}, "{\n  \"a\": 1,\n}\n"},
		"json too deep":                 {"/x.json", "{\"//]\": 1 /* ]\" */,\n\"a\": " + strings.Repeat("[", 1<<20), Setting{Key: "b", Value: "c"}, "!line 2: more than 10000 objects and lists lie in one another"},
		"yaml key twice":                {"/x.yaml", "a: 1\na: 2\n", Setting{Key: "a", Value: int64(2)}, "!line 2: the key \"a\" is there twice"},
		"json no object":                {"/x.json", "{\"a\": [1]}\n", Setting{Section: []string{"a"}, Key: "b", Value: int64(2)}, "!line 1: this is no object, so that there can be no key \"b\" in it"},
		"a NUL byte":                    {"/x.json", "{\x00}", Setting{Key: "a"}, "!it contains NUL bytes, so it is no text in an encoding that can be edited"},
		"too large for toml":            {"/x.toml", strings.Repeat("#", maxTree+1), Setting{Key: "a"}, "!it is larger than 512 KiB, too large for a toml file to be edited"},
		"too large for yaml":            {"/x.yaml", strings.Repeat("#", maxTree+1), Setting{Key: "a"}, "!it is larger than 512 KiB, too large for a yaml file to be edited"},
		"too large":                     {"/x.env", strings.Repeat("#", MaxSize+1), Setting{Key: "a"}, "!it is larger than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c.s.Format, c.s.Dialect = Known(c.file)
			shows(t, c.src, &c.s, c.want)
		})
	}
}

// shows makes an edit, and requires a result.
func shows(t *testing.T, src string, p Part, want string) {
	t.Helper()
	got, err := Edit([]byte(src), []Part{p})
	if err != nil {
		got = []byte("!" + err.Error())
	}
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLines(t *testing.T) {
	re := regexp.MustCompile
	for name, c := range map[string]struct {
		src  string
		p    Part
		want string
	}{
		"replaced":                {"a 1\nb\n", Line{Text: "a 2", Match: re("^a")}, "a 2\nb\n"},
		"no match":                {"b", Line{Text: "a 2", Match: re("^a")}, "b\na 2"},
		"two matches":             {"a 1\na 3\n", Line{Text: "a 2", Match: re("^a")}, "!line 2: match fits this line and line 1; say with multiple which are meant, or make match more exact"},
		"all":                     {"a 1\nb\na 3\n", Line{Text: "a 2", Match: re("^a"), Multiple: "all"}, "a 2\nb\na 2\n"},
		"first":                   {"a 1\na 3\n", Line{Text: "a 2", Match: re("^a"), Multiple: "first"}, "a 2\na 3\n"},
		"after":                   {"a\nb\r\na\nc\n", Line{Text: "x", After: re("^a")}, "a\nb\r\na\nx\nc\n"},
		"before":                  {"a\nb\n", Line{Text: "x", Before: re("^b")}, "a\nx\nb\n"},
		"no place":                {"a\n", Line{Text: "x", Before: re("^b")}, "!no line fits before, so that the place is not known"},
		"gone":                    {"x\na\nx\nx", Line{Text: "x", Absent: true}, "a"},
		"marker prefix":           {"# BEGIN db2\n# END db2\n", Block{Marker: "db", Comment: "#", Content: "x"}, "# BEGIN db2\n# END db2\n# BEGIN db\nx\n# END db\n"},
		"block replaced":          {"# BEGIN db\r\nx\r\n# END db\r\n", Block{Marker: "db", Comment: "#", Content: "y\nz"}, "# BEGIN db\r\ny\r\nz\r\n# END db\r\n"},
		"block emptied":           {"# BEGIN db\nx\n# END db\n", Block{Marker: "db", Comment: "#"}, "# BEGIN db\n# END db\n"},
		"block gone":              {"a\n# BEGIN db\nx\n# END db", Block{Marker: "db", Comment: "#", Absent: true}, "a"},
		"end lost":                {"# BEGIN db\nx\n", Block{Marker: "db", Comment: "#"}, `!line 1: the block "db" begins and has no end: there is no line "# END db"`},
		"begin lost":              {"x\n# END db\n", Block{Marker: "db", Comment: "#"}, `!line 2: the block "db" ends and has no beginning: there is no line "# BEGIN db"`},
		"begins twice":            {"# BEGIN db\n# BEGIN db\n# END db\n", Block{Marker: "db", Comment: "#"}, `!line 2: the block "db" begins a second time`},
		"marker in its content":   {"", Block{Marker: "db", Comment: "#", Content: "a\n# END db\n"}, `!its line 2 is "# END db", which marks the block itself`},
		"a byte order mark stays": {"\ufeffa 1\n", Line{Text: "a 2", Match: re("^a")}, "\ufeffa 2\n"},
	} {
		t.Run(name, func(t *testing.T) { shows(t, c.src, c.p, c.want) })
	}
}

// TestSetsContradict: a part that another part of the set would undo is refused.
func TestSetsContradict(t *testing.T) {
	block := Block{Marker: "db", Comment: "#", Content: "x = 1\n"}
	line := Line{Text: "x = 2", Match: regexp.MustCompile("^x")}
	_, err := Edit([]byte("# BEGIN db\nx = 1\n# END db\n"), []Part{block, line})
	if err == nil || !strings.Contains(err.Error(), "each would undo the other") {
		t.Error(err)
	}
}

// TestRestoreAfterOthers: later edits of others stay.
func TestRestoreAfterOthers(t *testing.T) {
	src := "# c\nA=1\n#B=2\nC=3\n"
	a, b, c := &Setting{Format: KeyValue, Key: "A", Value: "9"}, &Setting{Format: KeyValue, Key: "B", Value: "9"}, &Setting{Format: KeyValue, Key: "C", Absent: true}
	parts := []Part{a, b, c}
	hunks, err := Record([]byte(src), parts)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Edit([]byte(src), parts)
	if err != nil {
		t.Fatal(err)
	}
	later := "# first\n" + string(out) + "D=4\n"
	if back, _ := Restore([]byte(later), hunks); string(back) != "# first\n"+src+"D=4\n" {
		t.Errorf("%q became %q", later, back)
	}
}

// TestRestoreWholeLines: the end of a longer line does not count as the written line.
func TestRestoreWholeLines(t *testing.T) {
	hunks, err := Record([]byte("x 1\nb\n"), []Part{Line{Text: "x 9", Match: regexp.MustCompile("^x ")}})
	if err != nil {
		t.Fatal(err)
	}
	const later = "x 5\nc\nmax 9\nb\n"
	if back, done := Restore([]byte(later), hunks); done[0] || string(back) != later {
		t.Errorf("%q became %q", later, back)
	}
}

// TestNoLastLineEnd: the last line of a file has no line end after an edit if it had none, and undoing restores such a
// line, for all parts together and one by one.
func TestNoLastLineEnd(t *testing.T) {
	gone := func(text string) Part { return Line{Text: text, Absent: true} }
	for name, c := range map[string]struct {
		src, want string
		parts     []Part
	}{
		"the last":                    {"a\nx", "a", []Part{gone("x")}},
		"the first and the last":      {"x\n\nx", "", []Part{gone("x")}},
		"behind an empty line":        {"a\n\nx", "a", []Part{gone("x")}},
		"two, and what is between":    {"a\nx\n\nx", "a", []Part{gone("x")}},
		"two parts":                   {"a\nx\n\ny", "a", []Part{gone("x"), gone("y")}},
		"with carriage returns":       {"a\r\n\r\nx", "a", []Part{gone("x")}},
		"all of it":                   {"x", "", []Part{gone("x")}},
		"removed, and another one":    {"a\r\n\r\nx", "a\r\n\r\ny", []Part{gone("x"), Line{Text: "y"}}},
		"a block and lines around it": {"x\n# BEGIN b\n1\n# END b\n\nx", "", []Part{Block{Marker: "b", Comment: "#", Absent: true}, gone("x")}},
	} {
		out, err := Edit([]byte(c.src), c.parts)
		if err != nil || string(out) != c.want {
			t.Errorf("%s: %q, %v, want %q", name, out, err, c.want)
		}
		hunks, err := Record([]byte(c.src), c.parts)
		if err != nil {
			t.Fatal(err)
		}
		if back, _ := Restore(out, hunks); string(back) != c.src {
			t.Errorf("%s: %q is taken back to %q, want %q", name, out, back, c.src)
		}
		for _, one := range slices.Backward(hunks) {
			out, _ = Restore(out, [][]Hunk{one})
		}
		if string(out) != c.src {
			t.Errorf("%s: it is taken back one by one to %q, want %q", name, out, c.src)
		}
	}
}

// TestSeveral: the state of a setting reports whether it is assigned several times.
func TestSeveral(t *testing.T) {
	for src, want := range map[string]bool{"A=1\n": false, "A=1\nB=1\nA=2\n": true, "A=1\n#A=2\n": false} {
		s, err := Look([]byte(src), &Setting{Format: KeyValue, Key: "A", Value: "1", Several: RemoveSeveral})
		if err != nil || len(s.Others) > 0 != want || !s.Present {
			t.Errorf("%q: %+v, %v", src, s, err)
		}
	}
}
