"""What an ad is and how it is read: creatives, images, tables, public data sets, the array store."""
