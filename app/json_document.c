#include "app/json_document.h"

#include "app/json_scan.h"

/* Checks and parses the text that the document has. */
static enum json_document_status build(struct json_document *document, struct diagnostics *diagnostics)
{
    const struct source_text *text = &document->text;
    struct json_fault fault;

    switch (json_scan(text->bytes, text->size, &fault)) {
    case JSON_SCAN_VALID:
        document->root = cJSON_ParseWithLength(text->bytes, text->size);
        return document->root ? JSON_DOCUMENT_OK : JSON_DOCUMENT_OUT_OF_MEMORY;
    case JSON_SCAN_INVALID:
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR,
                        (struct source_span){ text, fault.offset, fault.length }, NULL, fault.help, "%s",
                        fault.message);
        return JSON_DOCUMENT_INVALID;
    case JSON_SCAN_OUT_OF_MEMORY:
        break;
    }
    return JSON_DOCUMENT_OUT_OF_MEMORY;
}

static enum json_document_status finish(struct json_document *document, struct diagnostics *diagnostics)
{
    enum json_document_status status = build(document, diagnostics);

    if (status != JSON_DOCUMENT_OK)
        json_document_deinit(document);
    return status;
}

enum json_document_status json_document_read(struct json_document *document, const char *path,
                                             struct diagnostics *diagnostics)
{
    char error[160];

    *document = (struct json_document){ 0 };
    switch (source_text_read(&document->text, path, error, sizeof error)) {
    case SOURCE_TEXT_OK:
        return finish(document, diagnostics);
    case SOURCE_TEXT_UNREADABLE:
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s: %s",
                        path[0] == '-' && !path[1] ? "standard input" : path, error);
        return JSON_DOCUMENT_INVALID;
    case SOURCE_TEXT_OUT_OF_MEMORY:
        break;
    }
    return JSON_DOCUMENT_OUT_OF_MEMORY;
}

enum json_document_status json_document_parse(struct json_document *document, const char *name,
                                              const char *bytes, size_t size, struct diagnostics *diagnostics)
{
    *document = (struct json_document){ 0 };
    if (!source_text_copy(&document->text, name, bytes, size))
        return JSON_DOCUMENT_OUT_OF_MEMORY;
    return finish(document, diagnostics);
}

void json_document_deinit(struct json_document *document)
{
    cJSON_Delete(document->root);
    source_text_deinit(&document->text);
    document->root = NULL;
}

struct source_span json_document_span(const struct json_document *document, const char *pointer,
                                      enum json_part part)
{
    const struct source_text *text = &document->text;
    struct json_location location;
    char first;

    json_locate(text->bytes, text->size, pointer, &location);
    if (part == JSON_PART_KEY && location.key_length > 0)
        return (struct source_span){ text, location.key_offset, location.key_length };
    first = location.value_length > 0 ? text->bytes[location.value_offset] : '\0';
    if (first == '{' || first == '[')
        location.value_length = 1;
    return (struct source_span){ text, location.value_offset, location.value_length };
}
