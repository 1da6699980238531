package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// neovimAsks waits for a diagnostic, opens the menu of completions, and writes Neovim's data.
const neovimAsks = `
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 20)
local out = {}
for _, d in ipairs(vim.diagnostic.get(0)) do
  table.insert(out, "diagnostic " .. (d.lnum + 1) .. ": " .. d.message)
end
vim.api.nvim_win_set_cursor(0, { 3, 20 })
local answers = vim.lsp.buf_request_sync(0, "textDocument/completion", vim.lsp.util.make_position_params(), 20000)
for _, answer in pairs(answers) do
  for _, item in ipairs(vim.lsp.util.text_document_completion_list_to_complete_items(answer.result, "")) do
    table.insert(out, "completion: " .. item.word)
  end
end
vim.fn.writefile(out, "out")
vim.cmd("qa!")
`

// TestNeovim runs the set-up of docs/editors.md in a real Neovim, which shows a diagnostic and a
// completion.
func TestNeovim(t *testing.T) {
	if _, err := exec.LookPath("nvim"); err != nil {
		t.Skip("no Neovim: .ci/hosts installs it")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "editors.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, setup, _ := strings.Cut(string(page), "```lua\n")
	setup, _, _ = strings.Cut(setup, "```")
	dir := t.TempDir()
	for name, content := range map[string]string{
		"init.lua": setup, "ask.lua": neovimAsks,
		"site.hcl": "service \"nginx\" {}\nfile \"/a\" {\n  notifies = [service.nginx.reload]\n  contnet  = \"x\"\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable() // it acts as converge under that name
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "converge")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "nvim", "--headless", "-n", "-i", "NONE", "-u", "init.lua", "site.hcl", "-c", "luafile ask.lua")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	said, err := cmd.CombinedOutput()
	got, _ := os.ReadFile(filepath.Join(dir, "out"))
	for _, want := range []string{
		`diagnostic 4: Unknown attribute: A file has no attribute "contnet". Did you mean "content"?`, "completion: service.nginx.reload",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %q in\n%s\n%s\n%v", want, got, said, err)
		}
	}
}
