// Reads provisioning files of Grafana by the models that Grafana publishes of its HTTP API, and says what does not fit them:
// a key that no model has, a value of another type, a word that is not in its list.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/models"
	"sigs.k8s.io/yaml"
)

// The outermost keys of a file of data sources are in no model; those within are what the HTTP API takes.
type dataSources struct {
	APIVersion  int64                         `json:"apiVersion"`
	Prune       bool                          `json:"prune"`
	DataSources []models.AddDataSourceCommand `json:"datasources"`
}

func (file *dataSources) Validate(formats strfmt.Registry) error {
	var found []error
	for at := range file.DataSources {
		source := &file.DataSources[at]
		if source.Name == "" || source.Type == "" || source.UID == "" || source.URL == "" {
			found = append(found, fmt.Errorf("datasources.%d lacks a name, a type, a uid or a url", at))
		}
		found = append(found, source.Validate(formats))
	}
	return errors.Join(found...)
}

// Where dashboards are read from is in no model: these are the keys that Grafana documents.
type dashboardProviders struct {
	APIVersion int64 `json:"apiVersion"`
	Providers  []struct {
		Name                  string `json:"name"`
		OrgID                 int64  `json:"orgId"`
		Type                  string `json:"type"`
		Folder                string `json:"folder"`
		FolderUID             string `json:"folderUid"`
		DisableDeletion       bool   `json:"disableDeletion"`
		UpdateIntervalSeconds int64  `json:"updateIntervalSeconds"`
		AllowUIUpdates        bool   `json:"allowUiUpdates"`
		Options               struct {
			Path                      string `json:"path"`
			FoldersFromFilesStructure bool   `json:"foldersFromFilesStructure"`
		} `json:"options"`
	} `json:"providers"`
}

func (file *dashboardProviders) Validate(strfmt.Registry) error {
	for _, provider := range file.Providers {
		if provider.Name == "" || provider.Type != "file" || provider.Options.Path == "" {
			return errors.New("a provider lacks a name or a path, or is not of the type \"file\"")
		}
	}
	return nil
}

type file interface {
	Validate(strfmt.Registry) error
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: grafana-files datasources|dashboards|alerting <file>")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(kind, path string) error {
	kinds := map[string]file{
		"datasources": &dataSources{},
		"dashboards":  &dashboardProviders{},
		"alerting":    &models.AlertingFileExport{},
	}
	content, known := kinds[kind]
	if !known {
		return fmt.Errorf("no such kind of file: %s", kind)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	asJSON, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(content); err != nil {
		return err
	}
	return content.Validate(strfmt.Default)
}
