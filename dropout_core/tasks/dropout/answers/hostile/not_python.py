I would multiply x by a mask.
